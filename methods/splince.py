"""Erasure that keeps what features share with the diagnosis: LEACE by an oblique projection."""

import torch
from torch import Tensor

from bench.method.pieces.erasure import Eraser
from bench.method.pieces.linear import basis, group_directions, whitening


class Splince(Eraser):
    """Erases Cov(x, race) and keeps Cov(x, targets) as it is: x ← x - W⁻¹ Q W (x - mean), Q an oblique projector.

    Of the whitened features, Q takes what lies along A = W Cov(x, race), along a way that leaves Y = W Cov(x, targets)
    where it is: Q = A (CᵀA)⁻¹ Cᵀ with C = A - Y YᵀA, A and Y orthonormal. This is the paper's I - V(UᵀV)⁻¹Uᵀ written by
    what is removed. A direction of race that lies within Y cannot be both erased and kept: it is erased, as by LEACE.
    With the head fitted anew without regularisation SPLINCE and LEACE diagnose alike; with the head as it was trained
    they do not.
    """

    family = "erasure"
    source = "Holstege, Ravfogel & Wouters, NeurIPS 2025 (arXiv:2506.10703)"
    year = 2025
    deviations = "where race and targets share a direction race is erased; the paper leaves the case open"

    def erase(self, features: Tensor, groups: Tensor, targets: Tensor) -> Tensor:
        """W Qᵀ W⁻¹."""
        w, w_inverse = whitening(features)
        a = basis(w @ group_directions(features, groups), 1.0)
        y = basis(w @ _covariances(features, targets), 1.0)
        # In these directions of race the squared sines of the angles between A and Y stand alone.
        sines, turns = torch.linalg.eigh(a.T @ (a - y @ (y.T @ a)))
        a = a @ turns
        c = a - (sines > 1e-6) * (y @ (y.T @ a))
        removal: Tensor = w @ c @ torch.linalg.solve(a.T @ c, a.T) @ w_inverse
        return removal


def _covariances(features: Tensor, targets: Tensor) -> Tensor:
    """Cov(x, target over its standard deviation), ``(D, T)``, each over the images where the target is known."""
    columns = []
    for y in targets.double().T:
        x, y = features[~torch.isnan(y)], y[~torch.isnan(y)]
        if len(y.unique()) == 2:
            columns.append((x - x.mean(0)).T @ (y - y.mean()) / len(y) / y.std(correction=0))
    return torch.stack(columns, dim=1) if columns else features.new_zeros(features.shape[1], 0)
