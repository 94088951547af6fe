"""Few directions along which groups differ most, in mean first and then in covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from bench.scoring.decodability.suite import Systems


@dataclass(frozen=True)
class Reduction:
    """Orthonormal directions of whitened coordinates: SIR, then SAVE in the complement, strongest first.

    Sliced inverse regression (Li, 1991): the K-1 leading eigenvectors of ``Σ π_k m_k m_k'``, m_k the mean of group k.
    Sliced average variance estimation (Cook & Weisberg, 1991) takes those of ``Σ π_k (I - V_k)²``, V_k the covariance
    within group k. Here the square is replaced by the divergence of which it is the first term: the eigenvectors of
    ``Σ π_k (V_k - I - log V_k)``, twice the Kullback-Leibler divergence of the group from all images, with V_k drawn
    to I by as much as 0.2 images a direction. Why: in r directions, the largest eigenvalue of V_k exceeds 1 by chance
    alone by about r/n_k where n_k is small. Its square, times π_k = n_k/n, is r²/(n n_k): the smallest groups' noise
    drowns every signal, three images may name all directions. The divergence grows as the eigenvalue itself, so that
    chance is worth about r/n in every group, as in a likelihood ratio. The expectation of that noise is a multiple of
    I and subtracting it would move no eigenvector; what harms is its scatter.

    Measured, |cos| of the first direction with the one whose spread differs 2:1, for SAVE and for this: three groups of
    .33, .33, .34 with spreads 2, 1, 1.4: .79 and .78 (n = 1,400, r = 128), .81 and .79 (6,000, 512); .1, .3, .6 with
    2, 1, 1: .76 and .59, .81 and .73; the same with 1, 1, 2: .04 and .82, .02 and .87; .2, .3, .5 with 2, 1, 2: .29 and
    .73, .15 and .79. ``Σ π_i π_j (V_i - V_j)²`` finds what SAVE finds, within .02, and fails where it does.

    With few images a direction, nothing is found so: of r/n_k = 1 on, noise alone spreads as widely as a signal that
    doubles a standard deviation. So half of the directions are sought among the first 64 coordinates only (those of
    most variance, where a network's own codes would be), the others among all; the two kinds alternate.

    ``directions`` (r, size).
    """

    directions: np.ndarray

    @classmethod
    def fit(
        cls, whitened: np.ndarray, groups: np.ndarray, weights: np.ndarray, n_groups: int, systems: Systems
    ) -> Reduction:
        """Find the directions.

        Args:
            whitened: coordinates (n, r) of mean 0 and covariance identity; r may exceed n.
            groups: group codes (n,) int, 0 … K-1, every one occurs.
            weights: of the images (n,), positive, mean 1.
            n_groups: K.
            systems: ``reduced`` directions are found, r where that is less; ``sought`` and ``prior`` say how.
        """
        rank, size, sought = whitened.shape[1], systems.reduced, systems.sought
        totals = np.bincount(groups, weights, minlength=n_groups)
        means = np.stack([weights[groups == k] @ whitened[groups == k] for k in range(n_groups)], axis=1) / totals
        located = np.linalg.svd(means * np.sqrt(totals), full_matrices=False)[0][:, : min(n_groups - 1, size)]
        wanted = min(size, rank) - located.shape[1]
        if wanted <= 0:
            return cls(located)
        scatters = []
        for k in range(n_groups):
            rows = groups == k
            centred = (whitened[rows] - means[:, k]) * np.sqrt(weights[rows])[:, None]
            scatters.append(centred.T @ centred)
        leading = np.zeros((rank, 0))
        if rank > sought:
            block = _divergences([scatter[:sought, :sought] for scatter in scatters], totals, systems.prior)
            # Orthogonal to SIR within the block is orthogonal to SIR: outside it these directions are 0.
            leading = np.zeros((rank, wanted // 2))
            leading[:sought] = _strongest(block, np.linalg.qr(located[:sought])[0], wanted // 2)
        rest = wanted - leading.shape[1]
        anywhere = _strongest(_divergences(scatters, totals, systems.prior), np.hstack([located, leading]), rest)
        alternating = np.argsort(np.r_[np.arange(leading.shape[1]), np.arange(rest) + 0.5])
        return cls(np.hstack([located, np.hstack([leading, anywhere])[:, alternating]]))

    def transform(self, whitened: np.ndarray) -> np.ndarray:
        """Coordinates (n, size) along the directions, of whitened coordinates (n, r)."""
        low: np.ndarray = whitened @ self.directions
        return low


def _divergences(scatters: Sequence[np.ndarray], totals: np.ndarray, prior: float) -> np.ndarray:
    parts = (total * _divergence(scatter, total, prior) for scatter, total in zip(scatters, totals, strict=True))
    together: np.ndarray = sum(parts)
    return together


def _strongest(difference: np.ndarray, avoided: np.ndarray, count: int) -> np.ndarray:
    """Leading eigenvectors (r, count), strongest first, orthogonal to the orthonormal columns ``avoided`` (r, ·)."""
    # Projected away from what is avoided, whose directions then come last, with eigenvalue 0.
    difference = difference - avoided @ (avoided.T @ difference)
    difference -= (difference @ avoided) @ avoided.T
    rank = len(difference)
    vectors: np.ndarray = eigh(difference, subset_by_index=(rank - count, rank - 1), overwrite_a=True)[1]
    return vectors[:, ::-1]


def _divergence(scatter: np.ndarray, total: float, prior: float) -> np.ndarray:
    """``V - I - log V`` (r, r) of the covariance V, drawn to I, of a group of this scatter (r, r) and total weight."""
    rank = len(scatter)
    prior = prior * rank
    eigenvalues, vectors = eigh((scatter + prior * np.eye(rank)) / (total + prior), overwrite_a=True)
    divergence: np.ndarray = (vectors * (eigenvalues - 1 - np.log(eigenvalues))) @ vectors.T
    return divergence
