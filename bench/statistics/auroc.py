"""AUROC between groups, over pairs of images that may be compared at all, and every image's part in it.

Two images may be compared when one fit scored both and, where cells are given, when they are of one cell. A pair counts
by the product of its images' weights, where images have weights.
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
    """One AUROC: ``scores`` (n,) should be higher where ``positive`` (n,) than where ``negative`` (n,).

    ``weights`` (n,) of the images, 0 or more; None: all the same.
    """

    scores: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    weights: np.ndarray | None = None


def pairs(log_posteriors: np.ndarray, groups: np.ndarray, against: np.ndarray | None = None) -> list[Contest]:
    """One contest for each two groups, i before j, ranked by the log odds of i against j.

    Those odds decide between the two groups, whatever a third group's share; for two groups they are the odds of
    Hand & Till (2001). They depend on no prevalence.

    Args:
        log_posteriors: of each group (n, K), up to a constant for every image.
        groups: group codes (n,) int.
        against: what an image weighs against each group (n, K); None: all weigh the same.
    """
    k = log_posteriors.shape[1]
    return [
        Contest(
            _tied(log_posteriors[:, i] - log_posteriors[:, j]),
            groups == i,
            groups == j,
            None if against is None else np.where(groups == i, against[:, j], against[:, i]),
        )
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


def one_vs_one(log_posteriors: np.ndarray, groups: np.ndarray, against: np.ndarray | None = None) -> np.ndarray:
    """Mean AUROC over the pairs of groups, ``(L,)``, of log posteriors (L, n, K); NaN where no pair occurs.

    ``against`` as in :func:`pairs`.
    """
    if against is not None:
        return np.array([decide_all(pairs(one, groups, against))[0] for one in log_posteriors])
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
    """The AUROC of a contest over pairs of images of one cell and its influence values.

    A pair counts by the product of its images' weights. With a the weights of an image's opponents that it beats (a tie
    counts half), t those of all its opponents and T the pairs in all, an image of weight w adds to the AUROC, beyond
    its share, ``w · (a - AUROC · t) / T``: its influence. Summed over the images of a patient and squared, they give
    the variance (DeLong et al., 1988; by clusters, Obuchowski, 1997). Divided by w, they are the derivative of the
    AUROC by the weights.

    Args:
        contest: scores, sides and weights.
        cells: (n,) int; None: one cell.

    Returns:
        AUROC and influence (n,), 0 where an image has no pair; NaN and zeros where there is no pair at all.
    """
    influence = np.zeros(len(contest.scores))
    rows = np.flatnonzero(contest.positive | contest.negative)
    positive = contest.positive[rows]
    weights = np.ones(len(rows)) if contest.weights is None else contest.weights[rows]
    cell = np.zeros(len(rows), dtype=np.int64) if cells is None else np.unique(cells[rows], return_inverse=True)[1]
    # Cells one after another in one sequence of scores, in which equal ones of a cell stand at one place.
    key = np.unique(contest.scores[rows], return_inverse=True)[1] + len(rows) * cell
    at = np.unique(key, return_inverse=True)[1]
    won, opponents = np.empty(len(rows)), np.empty(len(rows))
    for side, higher_wins in ((positive, True), (~positive, False)):
        theirs = np.where(side, 0.0, weights)
        of_cell = np.bincount(cell, theirs)
        here = np.bincount(at, theirs)
        below = (here.cumsum() - here / 2)[at[side]] - (of_cell.cumsum() - of_cell)[cell[side]]
        opponents[side] = of_cell[cell[side]]
        won[side] = below if higher_wins else opponents[side] - below
    total = float((weights * opponents)[positive].sum())
    if not total > 0:
        return float("nan"), influence
    auroc = float((weights * won)[positive].sum()) / total
    influence[rows] = weights * (won - auroc * opponents) / total
    return auroc, influence


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
