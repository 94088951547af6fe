"""Which rows of a board can be told apart: classes of ties, the board's resolution, and the share on the front.

Rows are methods with all seeds of an edition, scored on the same patients; a row that lacks a seed is left out by the
caller. Every function sees all ranked rows at once, so a page that shows some of them shows what holds among all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtr, stdtrit

from bench.errors import BenchError
from bench.statistics.pairing import Array, Difference, SeedValues, check_level, same_shape, satterthwaite

#: Draws for a critical value: it is then known to about .006.
DRAWS = 100_000
#: A difference whose variance is this share of the rows' own has none: such rows are the same.
_NOTHING = 1e-12


@dataclass(frozen=True)
class Place:
    """Where a row stands."""

    row: int  #: its position among the rows given
    tie_class: int  #: 1 holds the best; rows of a class share their rank
    anchor: int  #: position of the best row of its class, with which it was compared
    may_be_best: bool  #: False: at the board's level, not better than all others (Hsu's statement)


def rank(
    rows: Sequence[SeedValues],
    direction: Literal["up", "down"],
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> list[Place]:
    """Rows in the order of one score, in classes whose members cannot be told from the best of the class.

    The best row opens a class and is its anchor. The next ones join as long as their paired difference to the anchor is
    not sure; the first that is surely worse opens the next class. The anchor stays: were it to move along, each row
    would be tied with the next, and all would end in one class.

    The anchor is the best of many by its estimate, hence partly by luck. So "sure" is meant by multiple comparisons
    with the best (Hsu, 1996, chapter 4): a row is surely worse than the anchor when their difference, in standard
    errors, exceeds the critical value of that row, which the largest of its differences to all other rows exceeds in
    only 1 - ``level`` of the boards on which all are equal. The truly best row is then ruled out no more often than
    that. The critical value is Dunnett's for the correlations at hand, as differences share a row, patients and seeds:
    the quantile of normal draws with the covariance of the rows, patients' part and seeds' part together. Each
    difference is judged by its own degrees of freedom: its t becomes the normal deviate of the same probability. What
    seeds add to its variance is moderated by what they add to others', since few seeds tell it badly.

    The level holds for each class by itself. What may be claimed is ``may_be_best``, which no order decides; classes
    are made for ranks. A lower class says "not the best of all", not "worse than each row above". How often equal
    rows stand together is measured by ``tests/proofs/ranking_table.py``.

    All ranked rows of an edition belong in one call. Filters on a page hide rows and never change a class.

    Args:
        rows: the same score of each row, for the same seeds and patients in the same order.
        direction: "up" where more is better.
        level: of each class, simultaneous over its comparisons.
        draws: for the critical values.
        seed: of the draws; the same rows and seed give the same classes.

    Returns:
        A place for each row, best first; rows with equal means in the order given.

    Raises:
        BenchError: rows of different seeds or patients, or a level outside (0, 1).
    """
    same_shape(rows)
    check_level(level)
    if not rows:
        return []
    sign = 1.0 if direction == "down" else -1.0
    loss = np.array([sign * row.values.mean() for row in rows])
    order = np.argsort(loss, kind="stable")
    patient_part, seed_part = covariance([rows[i] for i in order])
    places: list[Place] = []
    first = np.zeros(0, dtype=bool)
    while len(places) < len(rows):
        start = len(places)
        errors = _Errors(patient_part[start:, start:], seed_part[start:, start:], rows[0].patients, rows[0].seeds)
        worse = _surely_worse(loss[order[start:]], errors, level, draws, seed)
        first = first if start else worse
        joined = int(worse.argmax()) if worse.any() else len(worse)
        number = places[-1].tie_class + 1 if places else 1
        places += [Place(int(order[i]), number, int(order[start]), not first[i]) for i in range(start, start + joined)]
    return places


def resolution(
    baseline: SeedValues,
    seed_variance: float,
    correlation: float | None = None,
    level: float = 0.95,
    power: float = 0.8,
) -> float:
    """The smallest difference in a score that a board's patients and seeds can tell apart.

    It is (t_level + t_power) · SE: a true difference of this size between a method and the baseline is found, by the
    two-sided paired interval, in ``power`` of the boards. SE is the paired standard error of a typical method, which is
    known before there is one:

    - its patients' part, with a correlation ρ, is 2 (1 - ρ) Σ_p (mean_s ψ_sp)². Without, it is that between two
      trainings of the baseline, the mean of Σ_p (ψ_sp - ψ_s'p)² over pairs of seeds, not divided by their number: as if
      a method differed from the baseline in every seed as one training of the baseline does from another, and always
      in the same patients. Methods that change more than a new seed does need the correlation of a pilot;
    - its seeds' part is ``seed_variance / S``.

    Args:
        baseline: the score of the baseline with all seeds of the edition.
        seed_variance: of the difference between two methods over seeds, from a pilot with the same seeds for both.
        correlation: between the influence values of two methods, means over seeds; None: see above.
        level: of the two-sided interval.
        power: how often the difference is to be found.

    Raises:
        BenchError: the baseline has fewer than two seeds, a negative variance, a correlation outside [-1, 1], or a
            level or power outside (0, 1).
    """
    check_level(level)
    check_level(power)
    if baseline.seeds < 2 or not seed_variance >= 0 or not -1 <= (correlation or 0.0) <= 1:
        raise BenchError(
            "The resolution of a board takes two or more seeds of the baseline, a variance over seeds of 0 or more and "
            f"a correlation within -1 and 1, if any; it got {baseline.seeds} seed(s), a variance of {seed_variance} "
            f"and the correlation {correlation}."
        )
    if correlation is None:
        # The mean squared difference of two draws is twice their variance.
        patient_part = 2 * float(baseline.influence.var(axis=0, ddof=1).sum())
    else:
        patient_part = 2 * (1 - correlation) * float(covariance([baseline])[0][0, 0])
    seed_part = seed_variance / baseline.seeds
    freedom = satterthwaite(patient_part, seed_part, baseline.patients, baseline.seeds)
    quantiles = stdtrit(freedom, (1 + level) / 2) + stdtrit(freedom, power)
    return float(quantiles) * sqrt(patient_part + seed_part)


def diagnosis_kept(difference: Difference, tolerance: float) -> bool:
    """Whether a method still diagnoses: the lower limit of its AUROC less the baseline's lies above -``tolerance``.

    That is shown, not merely not refuted: a method of whom too little is known has not kept the diagnosis.

    Args:
        difference: paired, method less baseline, in the diagnosis AUROC.
        tolerance: the loss that is put up with, 0 or more.
    """
    return difference.low > -tolerance


def front_share(down: Sequence[SeedValues], up: Sequence[SeedValues], draws: int = 10_000, seed: int = 0) -> Array:
    """The share of draws in which each row is on the Pareto front: none is as good in both scores and better in one.

    A draw stands for the board with other patients and other seeds: all rows' means in both scores, normal about what
    was measured, with the covariance of the influence values plus that of the seeds. Rows share patients and seeds, and
    so do the two scores. To draw thousands of patients anew comes to the same, as sums of their influence values are
    normal; to draw three or five seeds anew would understate their variance by (S - 1) / S.

    Args:
        down: the score of each row in which less is better.
        up: the other score of the same rows, in which more is better. Seeds and patients are the same in both; a
            patient whom only one of them uses has the influence 0 in the other.
        draws: how many.
        seed: of the draws.

    Returns:
        Shares ``(R,)`` between 0 and 1.

    Raises:
        BenchError: rows of different seeds or patients, or not as many values of one score as of the other.
    """
    if len(down) != len(up):
        raise BenchError(f"The front takes both scores of every row; it got {len(down)} and {len(up)} of them.")
    if not down:
        return np.zeros(0)
    scores = [*down, *up]
    same_shape(scores)
    means = np.array([score.values.mean() for score in scores])
    drawn = means + _normal(np.add(*covariance(scores)), draws, seed)
    low, high = drawn[:, : len(down)], drawn[:, len(down) :]
    beaten = np.zeros(low.shape, dtype=bool)
    for row in range(len(down)):
        other_low, other_high = low[:, row : row + 1], high[:, row : row + 1]
        beaten |= (other_low <= low) & (other_high >= high) & ((other_low < low) | (other_high > high))
    return np.asarray(1 - beaten.mean(axis=0))


def covariance(rows: Sequence[SeedValues]) -> tuple[Array, Array]:
    """Covariance of the rows' means over seeds: the patients' part and the seeds' part, ``(R, R)`` each.

    For any two rows, the variances less twice the covariance are the two parts of their paired difference.
    """
    influence = np.stack([row.influence.mean(axis=0) for row in rows])
    values = np.stack([row.values for row in rows])
    seeds = values.shape[1]
    values = values - values.mean(axis=1, keepdims=True)
    return influence @ influence.T, values @ values.T / max(seeds * (seeds - 1), 1)


@dataclass(frozen=True)
class _Errors:
    """How far the means of rows are off, together: :func:`covariance` of them, from P patients and S seeds."""

    patient_part: Array
    seed_part: Array
    patients: int
    seeds: int

    def deviates(self, differences: Array, row: int) -> Array:
        """Differences to one row as normal deviates of the same probability, ``(R,)``; a sure one without any error."""
        patient_part, own = _of_differences(self.patient_part, row), _of_differences(self.seed_part, row)
        seed_part = self._moderated(own, row)
        freedom = np.where(
            seed_part > own,
            satterthwaite(patient_part, seed_part, self.patients, 2 * self.seeds - 1),
            satterthwaite(patient_part, own, self.patients, self.seeds),
        )
        error = np.sqrt(patient_part + seed_part)
        with np.errstate(divide="ignore"):
            t = np.divide(differences, error, out=np.zeros_like(error), where=differences != 0)
        return np.asarray(-ndtri(stdtr(freedom, -t)))

    def _moderated(self, own: Array, row: int) -> Array:
        """The seeds' part of every row's difference to one, raised where it came out smaller than others'.

        Three seeds tell a variance to two degrees of freedom, and of eleven differences the one whose variance came out
        too small is the first to be called sure. Such a one is the mean of its own and that of all pairs of rows, as if
        twice the degrees of freedom were known: a moderated variance (Smyth, 2004). One that is larger stays, since a
        row may well be less steady than others.
        """
        rows = len(own)
        if rows < 3 or self.seeds < 2:
            return own
        pairs = np.add.outer(np.diag(self.seed_part), np.diag(self.seed_part)) - 2 * self.seed_part
        typical = float(pairs[np.triu_indices(rows, 1)].mean())
        raised = np.maximum(own, (own + typical) / 2)
        raised[row] = 0.0
        return np.asarray(raised)


def _surely_worse(loss: Array, errors: _Errors, level: float, draws: int, seed: int) -> npt.NDArray[np.bool_]:
    """Which rows, best first, are worse than the first beyond their critical value of comparisons with the best."""
    deviates = errors.deviates(loss - loss[0], 0)
    # The critical value lies between that of one comparison and that of as many independent ones (Bonferroni), so
    # draws are needed in between only.
    comparisons = max(len(loss) - 1, 1)
    worse = np.asarray(deviates > -ndtri((1 - level) / comparisons))
    unclear = np.flatnonzero((deviates > ndtri(level)) & ~worse)
    if len(unclear):
        total = errors.patient_part + errors.seed_part
        drawn = _normal(total, draws, seed)
        for row in map(int, unclear):
            error = np.sqrt(_of_differences(total, row))
            others = np.flatnonzero(error)
            largest = ((drawn[:, [row]] - drawn[:, others]) / error[others]).max(axis=1)
            worse[row] = deviates[row] > np.quantile(largest, level)
    return worse


def _of_differences(matrix: Array, row: int) -> Array:
    """Variances of every row's difference to one, from the covariance of the rows; 0 where only rounding is left."""
    both = np.diag(matrix) + matrix[row, row]
    variances = both - 2 * matrix[row]
    return np.where(variances > _NOTHING * both, variances, 0.0)


def _normal(matrix: Array, draws: int, seed: int) -> Array:
    """Normal draws ``(draws, R)`` about 0. The symmetric root is unique, whichever eigenvectors a machine returns."""
    values, vectors = np.linalg.eigh(matrix)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return np.asarray(np.random.default_rng(seed).standard_normal((draws, len(matrix))) @ root)
