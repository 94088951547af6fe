"""What a probe is: a family of readers over a grid of settings, fitted once and asked for scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import numpy as np

#: The coordinates a probe may ask for: "full", all whitened coordinates; "principal" and "leading", the whitened first
#: 64 and 8 principal components; "reduced" and "few", cross-fitted SIR and SAVE directions, the K-1 of SIR first, 32 in
#: all or 4 of SAVE. Few coordinates need few images, many hold what is hidden among many: the select part decides.
Coordinates = Literal["full", "principal", "leading", "reduced", "few"]


@dataclass(frozen=True)
class Training:
    """What a probe may learn from, in one system of coordinates.

    ``fit`` (n, d) float, mean 0 and covariance identity over the fit part; ``groups`` (n,) int, 0 … K-1, each of
    which occurs; ``weights`` (n,), positive, mean 1; ``variances`` (d,): what the features vary by along each
    coordinate, mean 1 over all coordinates; ``select`` (m, d) and ``select_groups`` (m,): the select part, for early
    stopping only; ``n_groups`` K; ``seed`` of whatever is drawn.
    """

    fit: np.ndarray
    groups: np.ndarray
    weights: np.ndarray
    variances: np.ndarray
    select: np.ndarray
    select_groups: np.ndarray
    n_groups: int
    seed: int = 0

    @property
    def onehot(self) -> np.ndarray:
        """Group membership (n, K), each row times its weight."""
        onehot: np.ndarray = np.eye(self.n_groups)[self.groups] * self.weights[:, None]
        return onehot

    @property
    def prevalence(self) -> np.ndarray:
        """Weighted share of each group (K,), all above 0."""
        totals = np.bincount(self.groups, self.weights, minlength=self.n_groups)
        shares: np.ndarray = totals / totals.sum()
        return shares


class Reader(Protocol):
    """A fitted probe, for every setting of its grid."""

    def predict(self, coordinates: np.ndarray) -> np.ndarray:
        """Log posterior of each group (L, n, K) of coordinates (n, d), up to a constant for every image.

        The prior is the (weighted) prevalence of the fit part.
        """
        ...


class Probe(Protocol):
    """One way to read. A new one is a file with a class of this form and an entry in a new suite's ``probes``."""

    name: ClassVar[str]
    #: It is run on each of these, and the select part decides.
    inputs: ClassVar[tuple[Coordinates, ...]]
    #: Whether its scores are linear in the features.
    linear: ClassVar[bool]
    #: The settings of the grid (L,), in the order in which :meth:`Reader.predict` returns their scores.
    settings: ClassVar[tuple[str, ...]]

    @classmethod
    def fit(cls, training: Training) -> Reader:
        """Fit every setting of the grid. The same ``training`` gives the same scores."""
        ...
