"""The eigenbasis in which every probe reads: no scale and no rotation of the features can hide anything from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Eigenvalues below this share of the largest are numerical noise of float64; directions above it are all read.
EIGENVALUE_FLOOR = 1e-10


@dataclass(frozen=True)
class Whitening:
    """Affine map from features (·, D) to whitened coordinates (·, r), learnt on the fit part only.

    ``variances`` (r,): what the features vary by along each direction, descending, divided by their mean, so that a
    penalty relative to it means the same whatever the features' scale.
    """

    offset: np.ndarray
    scale: float
    directions: np.ndarray
    variances: np.ndarray

    @classmethod
    def fit(cls, features: np.ndarray) -> Whitening:
        """Learn the map from ``features`` (n, D) float64: centre, covariance, ``eigh``, drop numerical zeros."""
        # Averaged around the first row: a large offset costs no digits, and a constant column comes out as exactly 0.
        offset = features[0] + (features - features[0]).mean(axis=0)
        centred = features - offset
        scale = float(np.abs(centred).max()) or 1.0
        centred /= scale  # squares of numbers as small as 1e-200 would vanish
        eigenvalues, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
        kept = np.flatnonzero(eigenvalues > EIGENVALUE_FLOOR * max(eigenvalues[-1], 0.0))[::-1]
        variances, directions = eigenvalues[kept], vectors[:, kept]
        mean = variances.mean() if len(variances) else 1.0
        return cls(offset, scale, directions / np.sqrt(variances), variances / mean)

    def transform(self, features: np.ndarray) -> np.ndarray:
        """Whitened coordinates ``(·, r) float64`` of features (·, D); on the fit part mean 0, covariance identity."""
        return (features - self.offset) / self.scale @ self.directions

    @property
    def rank(self) -> int:
        """Number of directions kept, r."""
        return len(self.variances)

    @property
    def effective_rank(self) -> float:
        """Exponential of the entropy of the normalised spectrum (Roy & Vetterli, 2007); 0 for constant features."""
        share = self.variances / self.variances.sum()
        return float(np.exp(-(share * np.log(share)).sum())) if self.rank else 0.0

    @property
    def condition_number(self) -> float:
        """Largest variance over the smallest one kept; 1 for constant features."""
        return float(self.variances[0] / self.variances[-1]) if self.rank else 1.0
