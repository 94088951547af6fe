"""From log posteriors to AUROCs of the groups, with intervals clustered by patient.

Every AUROC is a mean over pairs of images, and its variance the sum over patients of their squared influence (DeLong et
al., 1988; by clusters, Obuchowski, 1997): one formula for all images, for strata, for pairs of images alike in their
covariates, and for the difference of two readings of the same patients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from bench.records import MACRO, Score
from bench.scoring.evaluation import MIN_IMAGES, MIN_PATIENTS
from bench.statistics.auroc import Contest, against_rest, decide, has_opponent, pairs
from bench.statistics.influence import clustered_error, interval, rate_interval
from bench.task import Cohort


@dataclass(frozen=True)
class Reading:
    """One value and the influence of every patient on it, by id; ``note`` says why there is none (value NaN)."""

    value: float
    influence: pd.Series
    images: int
    patients: int
    note: str | None = None

    @property
    def standard_error(self) -> float:
        """Of the value, by the patients' influence on it."""
        return clustered_error(self.influence.to_numpy())

    def minus(self, other: Reading) -> Reading:
        """The difference of two readings; patients whom both saw count once, with the difference of their parts."""
        return Reading(
            self.value - other.value,
            self.influence.sub(other.influence, fill_value=0.0),
            min(self.images, other.images),
            min(self.patients, other.patients),
            self.note or other.note,
        )

    def score(self, metric: str = "auroc", **dimensions: Any) -> Score:
        """As a score. The limits of an AUROC are symmetric in its log odds, so that they stay within 0 and 1."""
        low = high = None
        note = self.note
        if not np.isnan(self.value):
            if metric.startswith("auroc") and 0 < self.value < 1 and metric != DIFFERENCE:
                low, high = rate_interval(self.value, self.standard_error)
            elif metric == DIFFERENCE:
                low, high = interval(self.value, self.standard_error)
            else:
                note = "no interval: every pair is in the same order"
        return Score(
            metric=metric,
            value=None if np.isnan(self.value) else self.value,
            low=low,
            high=high,
            n=self.images,
            patients=self.patients,
            note=note,
            **dimensions,
        )


#: The metric of a difference of two AUROCs.
DIFFERENCE = "auroc_difference"


@dataclass(frozen=True)
class Judge:
    """Scores log posteriors ``(N, K)`` of a cohort's test images, whose groups are the cohort's targets.

    A group is scored from ``MIN_PATIENTS`` patients and ``MIN_IMAGES`` images of it and of the others on. The macro
    value is the mean over the groups that are scored among all test images; within a part of them that lacks one of
    these there is none, so that parts are only compared on the same groups.
    """

    cohort: Cohort

    @property
    def names(self) -> tuple[str, ...]:
        """The groups, K."""
        return self.cohort.spec.targets

    def readings(
        self, posteriors: np.ndarray, rows: np.ndarray | None = None, cells: np.ndarray | None = None
    ) -> dict[str, Reading]:
        """One-vs-rest AUROC of each group, and ``macro``.

        Args:
            posteriors: log posteriors ``(N, K)``.
            rows: ``(N,) bool``: the images to score; None: all.
            cells: ``(N,) int``: only images of one cell are compared, every pair counting the same; None: all.
        """
        found = {
            name: self._reading(contest, rows, cells)
            for name, contest in zip(self.names, against_rest(posteriors, self.cohort.groups), strict=True)
        }
        wanted = self._scorable if rows is not None or cells is not None else None
        return {**found, MACRO: _mean(found, wanted)}

    def scores(
        self,
        posteriors: np.ndarray,
        rows: np.ndarray | None = None,
        cells: np.ndarray | None = None,
        **dimensions: Any,
    ) -> list[Score]:
        """The same as scores: ``target`` names the group, ``dimensions`` the part of the images."""
        found = self.readings(posteriors, rows, cells)
        return [reading.score(target=name, **dimensions) for name, reading in found.items()]

    def pair_scores(self, posteriors: np.ndarray) -> list[Score]:
        """AUROC between each two groups, ranked by their own odds."""
        groups, names = self.cohort.groups, self.names
        titles = [f"{a} against {b}" for i, a in enumerate(names) for b in names[i + 1 :]]
        return [
            self._reading(contest).score("auroc_pair", attribute=self.cohort.spec.protected, group=title)
            for title, contest in zip(titles, pairs(posteriors, groups), strict=True)
        ]

    @cached_property
    def _ids(self) -> np.ndarray:
        """Id of each patient code, by which readings of different images are brought together."""
        return np.unique(self.cohort.table["patient"].to_numpy(dtype=str))

    @cached_property
    def _scorable(self) -> list[str]:
        flat = np.zeros((len(self.cohort), len(self.names)))
        found = self.readings(flat)
        return [name for name in self.names if found[name].note is None]

    def _reading(self, contest: Contest, rows: np.ndarray | None = None, cells: np.ndarray | None = None) -> Reading:
        inside = np.ones(len(contest.scores), dtype=bool) if rows is None else rows
        part = Contest(contest.scores, contest.positive & inside, contest.negative & inside)
        compared = part.positive | part.negative
        if cells is not None:
            compared &= has_opponent(part, cells)
        codes = self.cohort.patients
        patients = len(np.unique(codes[compared]))
        sides = [int((side & compared).sum()) for side in (part.positive, part.negative)]
        nobody = pd.Series(dtype=float)
        if patients < MIN_PATIENTS or min(sides) < MIN_IMAGES:
            note = (
                f"too small to score: {patients} patients, {sides[0]} images of the group and {sides[1]} of the others"
                f" (needed: {MIN_PATIENTS} patients, {MIN_IMAGES} images of each)"
            )
            return Reading(float("nan"), nobody, sum(sides), patients, note)
        value, influence = decide(part, cells)
        by_patient = np.bincount(codes, influence, minlength=len(self._ids))
        there = np.unique(codes[compared])
        return Reading(value, pd.Series(by_patient[there], self._ids[there]), sum(sides), patients)


def _mean(found: dict[str, Reading], wanted: Sequence[str] | None) -> Reading:
    """The mean over ``wanted`` groups, or over those that could be scored."""
    scored = [name for name in found if found[name].note is None]
    images, patients = (max(pick(reading) for reading in found.values()) for pick in _COUNTS)
    missing = [name for name in wanted or () if name not in scored]
    if missing or not scored:
        note = f"no mean over groups: not scored for {', '.join(missing or found)}"
        return Reading(float("nan"), pd.Series(dtype=float), images, patients, note)
    used = list(wanted or scored)
    influence = pd.concat([found[name].influence for name in used], axis=1).fillna(0.0).mean(axis=1)
    without = [name for name in found if name not in used]
    left_out = f"mean over groups without {', '.join(without)}" if without else None
    return Reading(float(np.mean([found[name].value for name in used])), influence, images, patients, left_out)


_COUNTS: tuple[Callable[[Reading], int], ...] = (lambda reading: reading.images, lambda reading: reading.patients)
