"""Ridge regression on one-hot groups, read as a linear discriminant: the whole path from one decomposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.scoring.decodability.probes.linear import LinearPath
from bench.scoring.decodability.probes.probe import Coordinates, Training


@dataclass(frozen=True)
class Ridge(LinearPath):
    """Penalised discriminant analysis (Hastie, Buja & Tibshirani, 1995) for every penalty of the grid.

    With S_w the covariance within groups, m_k the group means and π_k the prevalences, the score of group k is the
    linear discriminant of covariance S_w + λI: ``x'(S_w+λI)⁻¹m_k - ½ m_k'(S_w+λI)⁻¹m_k + log π_k``. λ counts in units
    of the mean eigenvalue of the total covariance S_t. In the eigenbasis of S_t ridge regression on one-hot groups is
    diagonal for every λ, and Woodbury's identity leads from S_t to S_w by a K × K system. For two groups the
    discriminant is the ridge prediction, up to scale and offset.
    """

    name: ClassVar[str] = "ridge"
    inputs: ClassVar[tuple[Coordinates, ...]] = ("full",)
    linear: ClassVar[bool] = True
    penalties: ClassVar[np.ndarray] = np.logspace(-10, 2, 25)
    settings: ClassVar[tuple[str, ...]] = tuple(f"λ={penalty:.1e}" for penalty in penalties)

    @classmethod
    def fit(cls, training: Training) -> Ridge:
        onehot = training.onehot
        means = training.fit.T @ onehot.astype(training.fit.dtype) / onehot.sum(axis=0)
        return cls(*discriminants(means, training.prevalence, training.variances, cls.penalties))


def discriminants(
    means: np.ndarray, prevalence: np.ndarray, variances: np.ndarray, penalties: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (L, r, K) and intercepts (L, K) of the discriminants at each penalty.

    Args:
        means: group means in whitened coordinates (r, K).
        prevalence: share of each group (K,), all above 0.
        variances: variance (r,) of the features along each coordinate, mean 1.
        penalties: λ (L,).
    """
    shrink = variances / (variances + penalties[:, None])  # (L, r): what the penalty leaves of each direction
    shrunk_means = shrink[:, :, None] * means
    overlap = means.T @ shrunk_means  # (L, K, K): means' (S_t + λ)⁻¹ means
    # Where n ≤ r the fit part is separated perfectly and S_w is singular along the means: holding back 1e-6 of the
    # correction, more than the rounding of the coordinates, keeps the system solvable and matters nowhere else.
    system = np.eye(len(prevalence)) - (1 - 1e-6) * prevalence[:, None] * overlap
    coefficients = shrunk_means @ np.linalg.inv(system)
    intercepts = np.log(prevalence) - 0.5 * np.einsum("rk,lrk->lk", means, coefficients)
    return coefficients, intercepts
