"""Least-squares concept erasure: the least change of the features after which no linear reader finds race."""

from torch import Tensor

from bench.method.pieces.erasure import Eraser
from bench.method.pieces.linear import basis, group_directions, whitening


class Leace(Eraser):
    """Takes race out of the trained features by the least change after which no linear reader finds it.

    x ← x - W⁻¹ P W (x - mean), with W = Σ_xx^(-1/2) and P the projection onto the columns of W Σ_xa. All groups are
    left with the same mean, and of all affine maps that do so this one moves the features least (theorem 4.3). The
    covariance is not shrunk, and every direction counts that is more than rounding: the authors' tolerance keeps whole
    what correlates with race by less than 0.01.
    """

    family = "erasure"
    source = "Belrose et al., NeurIPS 2023 (arXiv:2306.03819)"
    year = 2023
    deviations = "no shrinkage of the covariance; directions are dropped at rounding, not at a correlation of 0.01"

    def erase(self, features: Tensor, groups: Tensor, targets: Tensor) -> Tensor:
        """W U Uᵀ W⁻¹, with U a basis of the whitened differences of group means."""
        w, w_inverse = whitening(features)
        u = basis(w @ group_directions(features, groups), 1.0)
        return w @ u @ u.T @ w_inverse
