"""What a probe is: a family of readers over a grid of penalties, fitted once and asked for scores."""

from __future__ import annotations

from typing import ClassVar, Protocol, Self

import numpy as np


class Probe(Protocol):
    """One reader. A new one is a file with a class of this form and an entry in ``suite.SUITE``."""

    name: ClassVar[str]
    #: The penalties of the grid (L,), in the order in which :meth:`predict` returns their scores.
    penalties: ClassVar[np.ndarray]

    @classmethod
    def fit(cls, whitened: np.ndarray, variances: np.ndarray, groups: np.ndarray, n_groups: int) -> Self:
        """Fit every penalty of the grid.

        Args:
            whitened: features of the fit part in whitened coordinates (n, r): mean 0, covariance identity.
            variances: variance (r,) of the features along each coordinate, mean 1.
            groups: group codes (n,) int, 0 … ``n_groups`` - 1, each of which occurs.
            n_groups: K.
        """
        ...

    def predict(self, whitened: np.ndarray) -> np.ndarray:
        """Log posterior of each group (L, n, K), up to a constant for every image, under the fit part's prevalence."""
        ...
