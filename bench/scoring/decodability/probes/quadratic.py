"""Shrunk quadratic discriminants: groups that differ in spread, not only in mean."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
from scipy.linalg import solve_triangular

from bench.scoring.decodability.probes.probe import Coordinates, Training

#: Directions read beside the K-1 along which means differ.
_SPREAD_DIRECTIONS = 16


@dataclass(frozen=True)
class Quadratic:
    """Regularised discriminant analysis (Friedman, 1989) on the strongest reduced directions.

    With S_k = Σ w (x-m_k)(x-m_k)' over the images of group k, W_k the sum of their weights, S = Σ S_k and W = Σ W_k,
    the covariance of group k is ``(1-γ) [(1-λ) S_k + λ S] / [(1-λ) W_k + λ W] + γ v I``: drawn to the pooled one, a
    small group further than a large one, then to a sphere. v is the mean variance of all images, not the group's own:
    in whitened coordinates it is 1, and a group of one image still has a density. The grid is λ ∈ {.01, .05, .2, .6} ×
    γ ∈ {.01, .1}; λ = 1, equal covariances, is what the linear probes read. The log posterior of group k is
    ``-½ log|Σ_k| - ½ (x-m_k)' Σ_k⁻¹ (x-m_k) + log π_k``.

    ``means`` (K, d); ``whiteners`` (L, K, d, d), the inverse of each covariance's lower Cholesky factor; ``offsets``
    (L, K), what does not depend on the image.
    """

    means: np.ndarray
    whiteners: np.ndarray
    offsets: np.ndarray

    name: ClassVar[str] = "quadratic"
    inputs: ClassVar[tuple[Coordinates, ...]] = ("leading", "few", "reduced")
    linear: ClassVar[bool] = False
    grid: ClassVar[tuple[tuple[float, float], ...]] = tuple(product((0.01, 0.05, 0.2, 0.6), (0.01, 0.1)))
    settings: ClassVar[tuple[str, ...]] = tuple(f"λ={pooling:g} γ={rounding:g}" for pooling, rounding in grid)

    @classmethod
    def fit(cls, training: Training) -> Quadratic:
        """Fit every setting on the first K-1+16 columns, or on all where there are fewer."""
        coordinates = training.fit[:, : training.n_groups - 1 + _SPREAD_DIRECTIONS]
        totals = training.onehot.sum(axis=0)
        means = training.onehot.T @ coordinates / totals[:, None]
        residuals = coordinates - means[training.groups]
        scatters = np.einsum("nk,ni,nj->kij", training.onehot, residuals, residuals, optimize=True)
        width = coordinates.shape[1]
        spread = scatters.trace(axis1=1, axis2=2).sum() + (totals * (means**2).sum(axis=1)).sum()
        variance = spread / (totals.sum() * max(width, 1)) or 1.0
        whiteners, offsets = [], []
        for pooling, rounding in cls.grid:
            covariances = (1 - rounding) * pool(scatters, totals, pooling) + rounding * variance * np.eye(width)
            factors = np.linalg.cholesky(covariances)
            whiteners.append([solve_triangular(factor, np.eye(width), lower=True) for factor in factors])
            log_volumes = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
            offsets.append(np.log(training.prevalence) - log_volumes)
        return cls(means, np.array(whiteners), np.array(offsets))

    def predict(self, coordinates: np.ndarray) -> np.ndarray:
        """Log posteriors (L, n, K) of reduced coordinates (n, d), up to a constant for every image."""
        groups, width = self.means.shape
        scores = np.empty((len(self.offsets), len(coordinates), groups))
        for group in range(groups):
            centred = coordinates[:, :width] - self.means[group]
            for found, whiteners, offsets in zip(scores, self.whiteners, self.offsets, strict=True):
                distances = ((centred @ whiteners[group].T) ** 2).sum(axis=1)
                found[:, group] = offsets[group] - 0.5 * distances
        return scores


def pool(scatters: np.ndarray, totals: np.ndarray, pooling: float) -> np.ndarray:
    """Covariance of each group (K, d, d), drawn to the pooled one by ``pooling``, 0 … 1 (Friedman, 1989).

    Args:
        scatters: weighted sums of squares and products around the group's mean (K, d, d).
        totals: sum of the weights of each group (K,).
        pooling: λ.
    """
    mixed = (1 - pooling) * scatters + pooling * scatters.sum(axis=0)
    covariances: np.ndarray = mixed / ((1 - pooling) * totals + pooling * totals.sum())[:, None, None]
    return covariances
