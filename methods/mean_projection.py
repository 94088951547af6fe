"""Mean projection: the orthogonal projection that takes the differences of group means away."""

from torch import Tensor

from bench.method.pieces.erasure import Eraser
from bench.method.pieces.linear import basis, group_directions


class MeanProjection(Eraser):
    """Projects the features orthogonally to all differences of group means: x ← x - (x - mean) U Uᵀ.

    No linear reader finds race afterwards, as after LEACE; but the features move more than they need to, since the
    directions are taken as they stand, whatever the features' covariance.
    """

    family = "erasure"
    source = "Haghighatkhah et al., EMNLP 2022 (arXiv:2212.04273)"
    year = 2022
    deviations = "several groups: all differences of means at once, where the paper has two classes"

    def erase(self, features: Tensor, groups: Tensor, targets: Tensor) -> Tensor:
        """U Uᵀ, with U a basis of the differences of group means."""
        u = basis(group_directions(features, groups), features.std(0).norm())
        return u @ u.T
