"""AUROC between groups, over pairs of images that may be compared at all, and every image's part in it.

Two images may be compared when one fit scored both and, given C, when they also agree on every column of C. A set of
such images is called a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from scipy.special import logsumexp
from scipy.stats import rankdata


@dataclass(frozen=True)
class Contest:
    """One AUROC: ``scores`` (n,) should be higher where ``positive`` (n,) than where ``negative`` (n,)."""

    scores: np.ndarray
    positive: np.ndarray
    negative: np.ndarray


def pairs(log_posteriors: np.ndarray, groups: np.ndarray) -> list[Contest]:
    """One contest for each two groups, i before j, ranked by the log odds of i against j.

    Those odds decide between the two groups, whatever a third group's share; for two groups they are the odds of
    Hand & Till (2001). They depend on no prevalence.

    Args:
        log_posteriors: of each group (n, K), up to a constant for every image.
        groups: group codes (n,) int.
    """
    k = log_posteriors.shape[1]
    return [
        Contest(_tied(log_posteriors[:, i] - log_posteriors[:, j]), groups == i, groups == j)
        for i, j in combinations(range(k), 2)
    ]


def against_rest(log_posteriors: np.ndarray, groups: np.ndarray) -> list[Contest]:
    """One contest for each group, ranked by its log odds against all others together."""
    return [Contest(_tied(_odds(log_posteriors, i)), groups == i, groups != i) for i in range(log_posteriors.shape[1])]


def hand_till(log_posteriors: np.ndarray, groups: np.ndarray) -> list[Contest]:
    """The ordered pairs of Hand & Till (2001, eq. 7) to the letter: i against j, both ranked by the posterior of i.

    A third group's share in that posterior can hide what tells i from j, so their mean is at most about that of
    :func:`pairs`; it is what scikit-learn calls ``multi_class="ovo"``.
    """
    odds = [_tied(_odds(log_posteriors, i)) for i in range(log_posteriors.shape[1])]
    return [Contest(odds[i], groups == i, groups == j) for i, j in permutations(range(len(odds)), 2)]


def one_vs_one(log_posteriors: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Mean AUROC over the pairs of groups, ``(L,)``, of log posteriors (L, n, K); NaN where no pair occurs."""
    values = []
    for i, j in combinations(range(log_posteriors.shape[2]), 2):
        rows = np.flatnonzero((groups == i) | (groups == j))
        positives = groups[rows] == i
        n_i = int(positives.sum())
        n_j = len(rows) - n_i
        if n_i and n_j:
            ranks = rankdata(_tied(log_posteriors[:, rows, i] - log_posteriors[:, rows, j]), axis=1)
            values.append((ranks[:, positives].sum(axis=1) - n_i * (n_i + 1) / 2) / (n_i * n_j))
    return np.mean(values, axis=0) if values else np.full(len(log_posteriors), np.nan)


def decide(contest: Contest, cells: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """The AUROC of a contest over pairs of images of one cell, every pair counting the same, and its influence values.

    An image's influence is what its pairs add to the AUROC beyond their share: with w its pairs in the right order
    (a tie counts half), t all its pairs and T those of all positive images, ``(w - AUROC · t) / T``. Summed over the
    images of a patient and squared, they give the variance (DeLong et al., 1988; by clusters, Obuchowski, 1997).

    Args:
        contest: scores and sides.
        cells: (n,) int; None: one cell.

    Returns:
        AUROC and influence (n,), 0 where an image has no pair; NaN and zeros where there is no pair at all.
    """
    influence = np.zeros(len(contest.scores))
    rows = np.flatnonzero(contest.positive | contest.negative)
    positive = contest.positive[rows]
    cell = np.zeros(len(rows), dtype=np.int64) if cells is None else np.unique(cells[rows], return_inverse=True)[1]
    counts = np.bincount(cell * 2 + positive, minlength=2 * (int(cell.max(initial=0)) + 1)).reshape(-1, 2)
    opponents = np.where(positive, counts[cell, 0], counts[cell, 1])
    total = opponents[positive].sum()
    if total == 0:
        return float("nan"), influence
    # Cells one after another in one sequence of midranks: within a cell, the rank among all less the rank among one's
    # own side is the number of opponents below.
    key = np.unique(contest.scores[rows], return_inverse=True)[1] + len(rows) * cell
    own = np.empty(len(rows))
    own[positive], own[~positive] = rankdata(key[positive]), rankdata(key[~positive])
    before = np.vstack([np.zeros(2, dtype=np.int64), counts.cumsum(axis=0)[:-1]])
    below = rankdata(key) - own - np.where(positive, before[cell, 0], before[cell, 1])
    won = np.where(positive, below, opponents - below)
    auroc = won[positive].sum() / total
    influence[rows] = (won - auroc * opponents) / total
    return float(auroc), influence


def decide_all(contests: Sequence[Contest], cells: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """Mean AUROC and mean influence (n,) over those contests that have a pair; NaN and zeros where none has."""
    decided = [decide(contest, cells) for contest in contests]
    defined = [(value, influence) for value, influence in decided if not np.isnan(value)]
    if not defined:
        return float("nan"), np.zeros(len(contests[0].scores))
    return float(np.mean([value for value, _ in defined])), np.mean([influence for _, influence in defined], axis=0)


def has_opponent(contest: Contest, cells: np.ndarray) -> np.ndarray:
    """Whether an image's cell, ``(N,) int``, holds images of both sides, ``(N,) bool``."""
    code = np.unique(cells, return_inverse=True)[1]
    positives, negatives = (
        np.bincount(code[side], minlength=code.max() + 1) for side in (contest.positive, contest.negative)
    )
    return (positives[code] > 0) & (negatives[code] > 0)


def _odds(log_posteriors: np.ndarray, group: int) -> np.ndarray:
    """Log odds of one group against all others: unlike a posterior, they do not saturate at 1."""
    odds: np.ndarray = log_posteriors[:, group] - logsumexp(np.delete(log_posteriors, group, axis=1), axis=1)
    return odds


def _tied(scores: np.ndarray) -> np.ndarray:
    """Scores to 12 digits of the largest, so that equal images tie whatever the order of summation."""
    resolution = 1e-12 * float(np.abs(scores).max(initial=0.0)) or 1.0
    steps: np.ndarray = np.round(scores / resolution)
    return steps * resolution
