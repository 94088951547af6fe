"""From the splits' AUROCs and influence values to one value with its interval, clustered by patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations

import numpy as np
from scipy.special import stdtrit

from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.splits import Split
from bench.statistics.auroc import Contest, decide_all
from bench.statistics.bootstrap import Interval

#: A split's value and its influence by patient (P,).
Part = tuple[float, np.ndarray]


@dataclass(frozen=True)
class Design:
    """How the patients walk through the splits, as far as variances depend on it.

    ``groups`` (P,): each patient's group; ``splits``: who fits, selects and is tested in which.
    """

    groups: np.ndarray
    splits: tuple[Split, ...]

    @cached_property
    def retested(self) -> list[tuple[int, int, np.ndarray, float]]:
        """Pairs of splits, the patients tested in both, and the share of fit patients the two have in common."""
        found = []
        for r, s in combinations(range(len(self.splits)), 2):
            a, b = self.splits[r], self.splits[s]
            both = np.intersect1d(a.test, b.test)
            if len(both):
                common = len(np.intersect1d(a.fit, b.fit)) / np.sqrt(len(a.fit) * len(b.fit))
                found.append((r, s, both, float(common)))
        return found

    @cached_property
    def reciprocity(self) -> float:
        """How often two patients judge each other: one fits where the other is tested, and the other way round.

        The sum over ordered pairs of splits r, s of |T_r ∩ F_s| |F_r ∩ T_s| / (|T| |F|), over R².
        """
        total = 0.0
        for a, b in permutations(self.splits, 2):
            crossing = len(np.intersect1d(a.test, b.fit)) * len(np.intersect1d(a.fit, b.test))
            total += crossing / np.sqrt(float(len(a.test)) * len(b.test) * len(a.fit) * len(b.fit))
        return total / len(self.splits) ** 2


@dataclass(frozen=True)
class Estimate:
    """A mean over splits: ``values`` (R,) of the splits, NaN where undefined, and ``influence`` (R, P) of the patients.

    The value estimated is what the probes, as fitted in these splits, would give on new patients, on average. Given
    the fits, the influence values summed by patient are independent, and their squares add up to the variance. But
    patients who are tested in one split fit in another, and what i, tested, owes to j, who fitted, is much the same as
    what j owes to i. Where there is little to read this is all there is, and the sum of squares misses up to 40% of the
    variance. A patient tested in two splits shows how much of an influence is owed to whoever fitted (it differs
    between the two), and that part is counted once more for each such exchange (:attr:`Design.reciprocity`).
    """

    values: np.ndarray
    influence: np.ndarray
    design: Design

    @property
    def value(self) -> float:
        """Mean over the splits in which it is defined; NaN where it is in none."""
        defined = self.values[~np.isnan(self.values)]
        return float(defined.mean()) if len(defined) else float("nan")

    @property
    def by_patient(self) -> np.ndarray:
        """Influence values of the mean over splits, (P,)."""
        total: np.ndarray = self.influence.sum(axis=0)
        return total / max(1, int((~np.isnan(self.values)).sum()))

    @cached_property
    def standard_error(self) -> float:
        """Square root of the variance described above, ``nan`` where the value is."""
        defined = ~np.isnan(self.values)
        if not defined.any():
            return float("nan")
        return float(np.sqrt(np.square(self._tested).sum() + np.square(self._exchanged).sum()))

    @cached_property
    def influence_values(self) -> np.ndarray:
        """What each patient adds to the value ``(P,)``; sums to 0, and the squares add up to the variance.

        So do the squares of the differences, for the difference to another reading of the same patients in the same
        splits: what a patient owes to whoever fitted stands beside what he or she adds when tested, with a sign drawn
        for the patient, the same in all readings, so that the two parts neither add up nor cancel.
        """
        signs = np.random.default_rng(0).choice([-1.0, 1.0], len(self._exchanged))
        found: np.ndarray = self._tested + signs * self._exchanged
        found -= found.mean()
        return found

    @property
    def _tested(self) -> np.ndarray:
        """What patients add, the fits as they are, (P,), for as many patients a group as there are less one."""
        sizes = np.bincount(self.design.groups)
        inflate: np.ndarray = np.sqrt(sizes / np.maximum(sizes - 1, 1))[self.design.groups] * self.by_patient
        return inflate

    @cached_property
    def _exchanged(self) -> np.ndarray:
        """What patients owe to whoever fitted, (P,), from those tested twice; the squares add up to its variance.

        Of a patient tested in splits r and s, whose fit patients have a share c in common, half the squared difference
        of the two influence values is the variance that is owed, but for that share.
        """
        owed = np.zeros(self.influence.shape[1])
        number = sum(len(both) for _, _, both, _ in self.design.retested)
        for r, s, both, common in self.design.retested:
            tested = (len(self.design.splits[r].test) + len(self.design.splits[s].test)) / 2
            scale = np.sqrt(self.design.reciprocity * tested / (2 * (1 - common) * number)) if common < 1 else 0.0
            owed[both] += scale * (self.influence[r, both] - self.influence[s, both])
        return owed

    def interval(self, within: tuple[float, float] = (0.0, 1.0)) -> Interval:
        """Value and 95% limits, kept ``within`` what is possible; no value where undefined."""
        if np.isnan(self.value):
            return Interval(None)
        half = self._quantile(0.975) * self.standard_error
        return Interval(self.value, max(within[0], self.value - half), min(within[1], self.value + half))

    def less(self, other: Estimate) -> Estimate:
        """This value less another one's, of the same patients in the same splits."""
        return Estimate(self.values - other.values, self.influence - other.influence, self.design)

    @property
    def upper(self) -> float:
        """One-sided 95% upper bound."""
        return float(self.value + self._quantile(0.95) * self.standard_error)

    @property
    def lower(self) -> float:
        """One-sided 95% lower bound."""
        return self.bound(0.95)

    def bound(self, level: float) -> float:
        """One-sided lower bound at this level."""
        return float(self.value - self._quantile(level) * self.standard_error)

    def _quantile(self, level: float) -> float:
        """Student's, with as many degrees of freedom as the smallest group has patients, less one."""
        return float(stdtrit(max(1, np.bincount(self.design.groups).min() - 1), level))


def by_patient(sample: Sample, rows: np.ndarray, influence: np.ndarray) -> np.ndarray:
    """Influence values (n,) of the images at ``rows``, summed by patient, ``(P,)``."""
    return np.bincount(sample.patients[rows], influence, minlength=len(sample.patient_groups))


def judged(sample: Sample, rows: np.ndarray, contests: Sequence[Contest]) -> Part:
    """Mean AUROC of contests among the images at ``rows`` (n,), and influence by patient."""
    value, influence = decide_all(contests)
    return value, by_patient(sample, rows, influence)


def combine(parts: Sequence[Part], design: Design) -> Estimate:
    """The estimate from each split's value and its influence by patient (P,)."""
    return Estimate(np.array([value for value, _ in parts]), np.stack([influence for _, influence in parts]), design)
