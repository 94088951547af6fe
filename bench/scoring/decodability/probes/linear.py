"""What the linear probes share: one set of coefficients a penalty, and scores for all of them in one product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LinearPath:
    """Linear scores along a path of L penalties.

    ``coefficients`` (L, d, K) act on whitened coordinates; ``intercepts`` (L, K).
    """

    coefficients: np.ndarray
    intercepts: np.ndarray

    def predict(self, coordinates: np.ndarray) -> np.ndarray:
        """Log posteriors (L, n, K) of whitened coordinates (n, d), up to a constant for every image."""
        penalties, rank, groups = self.coefficients.shape
        # One product for the whole path: the images are read once, not once a penalty.
        side_by_side = self.coefficients.transpose(1, 0, 2).reshape(rank, penalties * groups).astype(coordinates.dtype)
        scores = (coordinates @ side_by_side).reshape(len(coordinates), penalties, groups)
        log_posteriors: np.ndarray = scores.transpose(1, 0, 2) + self.intercepts[:, None, :]
        return log_posteriors
