"""The groups of an image's nearest neighbours: no assumption on the shape of what tells groups apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from sklearn.neighbors import NearestNeighbors

from bench.scoring.decodability.probes.probe import Coordinates, Training

#: More reference images than this are not searched: the cost then grows with the images read, not with their square.
MAX_REFERENCES = 20_000
#: Images whose neighbours are held at a time.
_ROWS = 4096


@dataclass(frozen=True)
class Neighbours:
    """Shares of the groups among the k nearest images of the fit part, k ∈ {15, 50, 150} (Fix & Hodges, 1951).

    Votes count their weights. The log posterior is ``log(votes_k + π_k)``, the mean under a Dirichlet prior worth one
    average vote at the prevalence π: a group without a vote is improbable, not impossible. Distances are Euclidean, in
    float32. Of more than 20,000 images to refer to, 20,000 are drawn by the seed, so that the cost is linear in the
    number of images; k is at most their number. One query for the largest k serves all.

    ``references`` (m, d) float32; ``votes`` (m, K), the weight of each in the column of its group; ``prior`` (K,).
    """

    references: np.ndarray
    votes: np.ndarray
    prior: np.ndarray

    name: ClassVar[str] = "neighbours"
    inputs: ClassVar[tuple[Coordinates, ...]] = ("principal", "leading", "reduced")
    linear: ClassVar[bool] = False
    counts: ClassVar[tuple[int, ...]] = (15, 50, 150)
    settings: ClassVar[tuple[str, ...]] = tuple(f"k={count}" for count in counts)

    @classmethod
    def fit(cls, training: Training) -> Neighbours:
        """Keep the images to refer to."""
        kept = np.arange(len(training.fit))
        if len(kept) > MAX_REFERENCES:
            kept = np.sort(np.random.default_rng(training.seed).choice(len(kept), MAX_REFERENCES, replace=False))
        return cls(training.fit[kept].astype(np.float32), training.onehot[kept], training.prevalence)

    def predict(self, coordinates: np.ndarray) -> np.ndarray:
        """Log posteriors (L, n, K) of coordinates (n, d), up to a constant for every image."""
        counts = [min(count, len(self.references)) for count in self.counts]
        scores = np.tile(np.log(self.prior), (len(counts), len(coordinates), 1))
        if not self.references.shape[1]:  # all images are one point: nothing to search by
            return scores
        search = NearestNeighbors(n_neighbors=max(counts), algorithm="brute").fit(self.references)
        for start in range(0, len(coordinates), _ROWS):
            rows = slice(start, start + _ROWS)
            nearest = search.kneighbors(coordinates[rows].astype(np.float32), return_distance=False)
            shells = [self.votes[nearest[:, inner:outer]].sum(axis=1) for inner, outer in pairwise([0, *counts])]
            scores[:, rows] = np.log(np.cumsum(shells, axis=0) + self.prior)
        return scores
