"""AUROC between groups: one-vs-one (Hand & Till) and one-vs-rest, over pairs of images that may be compared at all.

Two images may be compared when they were scored by the same fit (one test fold) and, within label, when they also agree
on every label. Such a set of images is called a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy.stats import rankdata


def log_odds(log_posteriors: np.ndarray) -> np.ndarray:
    """Log odds of each group against all others, shape kept, from log posteriors (…, K) known up to a constant.

    A strictly increasing function of the posterior, but one that does not saturate: posteriors of 1 - 1e-20 and
    1 - 1e-30 stay apart. Rounded to 12 digits of the largest, so that equal images tie whatever the order of summation.
    """
    odds = np.empty_like(log_posteriors)
    for group in range(log_posteriors.shape[-1]):
        others = np.delete(log_posteriors, group, axis=-1)
        highest = others.max(axis=-1, keepdims=True)
        total = highest[..., 0] + np.log(np.exp(others - highest).sum(axis=-1))
        odds[..., group] = log_posteriors[..., group] - total
    resolution = 1e-12 * float(np.abs(odds).max(initial=0.0)) or 1.0
    return np.round(odds / resolution) * resolution


def hand_till(scores: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Macro one-vs-one AUROC (Hand & Till, 2001, eq. 7) of many readings of the same images.

    A(i|j) is the AUROC of group i's score among the images of i and j; the result is its mean over all ordered pairs.

    Args:
        scores: score of each group (L, n, K).
        groups: group codes (n,) int, 0 … K-1.

    Returns:
        (L,); pairs of which a group does not occur are left out, NaN where that leaves none.
    """
    terms = []
    for i, j in permutations(range(scores.shape[-1]), 2):
        rows = np.flatnonzero((groups == i) | (groups == j))
        positives = groups[rows] == i
        n_i = int(positives.sum())
        n_j = len(rows) - n_i
        if n_i and n_j:
            ranks = rankdata(scores[:, rows, i], axis=1)
            terms.append((ranks[:, positives].sum(axis=1) - n_i * (n_i + 1) / 2) / (n_i * n_j))
    return np.mean(terms, axis=0) if terms else np.full(len(scores), np.nan)


@dataclass(frozen=True)
class Pairs:
    """The pairs of a positive and a negative image of the same cell under one score, ready for any weighting.

    ``positives`` (n⁺,) and ``negatives`` (n⁻,) are rows, sorted by cell, the negatives also by score. For each
    positive, the negatives of its cell are those from ``first`` to ``last``; up to ``below`` they score lower, up to
    ``level`` lower or the same. ``starts`` (C,) is where each cell begins among the positives.
    """

    positives: np.ndarray
    negatives: np.ndarray
    first: np.ndarray
    last: np.ndarray
    below: np.ndarray
    level: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray, positive: np.ndarray, negative: np.ndarray, cells: np.ndarray) -> Pairs:
        """Take the pairs from ``scores`` (N,), masks ``positive`` and ``negative`` (N,) and the cells (N,) int."""
        both = np.intersect1d(cells[positive], cells[negative])
        comparable = np.isin(cells, both)
        positives = np.flatnonzero(positive & comparable)
        negatives = np.flatnonzero(negative & comparable)
        positives = positives[np.argsort(cells[positives], kind="stable")]
        negatives = negatives[np.lexsort((scores[negatives], cells[negatives]))]
        # Rank of the score plus an offset a cell: one sorted sequence, in which the cells stand one after another.
        rank = np.unique(scores, return_inverse=True)[1] + len(scores) * cells
        cell = cells[positives]
        return cls(
            positives=positives,
            negatives=negatives,
            first=np.searchsorted(cells[negatives], cell, side="left"),
            last=np.searchsorted(cells[negatives], cell, side="right"),
            below=np.searchsorted(rank[negatives], rank[positives], side="left"),
            level=np.searchsorted(rank[negatives], rank[positives], side="right"),
            starts=np.searchsorted(cell, both, side="left"),
        )

    def count(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weight of the pairs in the right order (a tie counts half) and of all pairs, ``(C, R)`` a cell.

        Args:
            weights: of all N images, ``(N, R)``.
        """
        if not len(self.starts):
            return np.zeros((0, weights.shape[1])), np.zeros((0, weights.shape[1]))
        sums = np.zeros((len(self.negatives) + 1, weights.shape[1]))
        np.cumsum(weights[self.negatives], axis=0, out=sums[1:])
        weight = weights[self.positives]
        before = sums[self.first]
        won = weight * ((sums[self.below] + sums[self.level]) / 2 - before)
        total = weight * (sums[self.last] - before)
        return np.add.reduceat(won, self.starts, axis=0), np.add.reduceat(total, self.starts, axis=0)


def mean_over_cells(pairs: Pairs, weights: np.ndarray) -> np.ndarray:
    """AUROC of each cell, averaged over the cells that have pairs, ``(R,)``; NaN where none has."""
    won, total = pairs.count(weights)
    return _ratio(_ratio(won, total, empty=0.0).sum(axis=0), (total > 0).sum(axis=0))


def pooled_over_cells(pairs: Pairs, weights: np.ndarray) -> np.ndarray:
    """Share of all pairs, of whichever cell, that are in the right order, ``(R,)``; NaN where there is no pair."""
    won, total = pairs.count(weights)
    return _ratio(won.sum(axis=0), total.sum(axis=0))


def mean_over_pairings(terms: Sequence[np.ndarray]) -> np.ndarray:
    """Mean over those of the terms ``(R,)`` that are defined, ``(R,)``; NaN where none is."""
    stacked = np.stack(terms)
    return _ratio(np.nansum(stacked, axis=0), (~np.isnan(stacked)).sum(axis=0))


def one_vs_one_pairs(scores: np.ndarray, groups: np.ndarray, cells: np.ndarray) -> list[Pairs]:
    """The pairs behind each A(i|j), from the score of each group (N, K), group codes (N,) and cells (N,)."""
    ordered = permutations(range(scores.shape[1]), 2)
    return [Pairs.of(scores[:, i], groups == i, groups == j, cells) for i, j in ordered]


def one_vs_rest_pairs(scores: np.ndarray, groups: np.ndarray, cells: np.ndarray) -> list[Pairs]:
    """The pairs of each group against all others; arguments as of :func:`one_vs_one_pairs`."""
    return [Pairs.of(scores[:, i], groups == i, groups != i, cells) for i in range(scores.shape[1])]


def _ratio(numerator: np.ndarray, denominator: np.ndarray, empty: float = np.nan) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.full(denominator.shape, empty), where=denominator > 0)
