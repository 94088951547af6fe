"""The eigenbasis in which every probe reads: no scale and no rotation of the features can hide anything from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

#: Eigenvalues below this share of the largest are numerical noise of float64; directions above it are all read.
EIGENVALUE_FLOOR = 1e-10
#: Rows worked on at a time: beside the features and the coordinates nothing of their size is ever held.
_ROWS = 1024


@dataclass(frozen=True)
class Whitening:
    """Affine map from features (·, D) to whitened coordinates (·, r), learnt on the fit part only.

    ``variances`` (r,): what the features vary by along each direction, descending, divided by their mean, so that a
    penalty relative to it means the same whatever the features' scale. ``power``: mean variance of a feature.
    """

    offset: np.ndarray
    scale: float
    directions: np.ndarray
    variances: np.ndarray
    power: float

    @classmethod
    def fit(cls, features: np.ndarray, rows: np.ndarray, weights: np.ndarray | None = None) -> Whitening:
        """Learn the map from ``features[rows]``: centre, covariance in float64, ``eigh``, drop numerical zeros.

        Args:
            features: (N, D) float.
            rows: positions of the n images to learn from.
            weights: of those images (n,), mean 1; None: all the same.
        """
        n, width = len(rows), features.shape[1]
        weights = np.ones(n) if weights is None else weights
        # Averaged around the first row: a large offset costs no digits, and a constant column comes out as exactly 0.
        first = features[rows[0]].astype(np.float64)
        total = np.zeros(width)
        for block in blocks(n):
            total += weights[block] @ (features[rows[block]] - first)
        offset = first + total / weights.sum()
        scale = max(float(np.abs(features[rows[block]] - offset).max(initial=0.0)) for block in blocks(n)) or 1.0
        covariance = np.zeros((width, width))
        for block in blocks(n):
            centred = (features[rows[block]] - offset) / scale  # squares of numbers as small as 1e-200 would vanish
            covariance += (centred * weights[block][:, None]).T @ centred
        eigenvalues, vectors = np.linalg.eigh(covariance / weights.sum())
        kept = np.flatnonzero(eigenvalues > EIGENVALUE_FLOOR * max(eigenvalues[-1], 0.0))[::-1]
        variances, directions = eigenvalues[kept], vectors[:, kept]
        mean = variances.mean() if len(variances) else 1.0
        power = float(variances.sum() / width) * scale**2
        return cls(offset, scale, directions / np.sqrt(variances), variances / mean, power)

    def transform(self, features: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Coordinates ``(n, r) float32`` of ``features[rows]``; on the fit part mean 0, covariance identity.

        All alike in size, they lose nothing by half the digits, which the features themselves would.
        """
        found = np.empty((len(rows), self.rank), dtype=np.float32)
        for block in blocks(len(rows)):
            found[block] = (features[rows[block]] - self.offset) / self.scale @ self.directions
        return found

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


def blocks(n: int) -> Iterator[slice]:
    """Slices of 0 … n, each short enough to be held in float64 without thought."""
    return (slice(start, min(start + _ROWS, n)) for start in range(0, n, _ROWS))
