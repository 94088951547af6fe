"""How far results move with the patients that networks were trained on: the same runs on other cohorts of a phantom.

All seeds of a board share one training cohort, so no interval of it says anything about others. A phantom draws other
patients from another seed; runs on these stand in no table with the board's, and beside its resolution.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from bench.leaderboard.comparable import Key
from bench.leaderboard.lookup import DIAGNOSIS_AUROC, Lookup, headline_of
from bench.leaderboard.rows import Entry, Row, rows
from bench.records import BASELINE

#: The option that another cohort differs in.
_SEED = "seed"


@dataclass(frozen=True)
class CohortScore:
    """A method on one training cohort: means over the training seeds, and less the baseline's with the same seeds."""

    cohort: int
    method: str
    auroc: float
    decodability: float
    auroc_difference: float | None = None
    decodability_difference: float | None = None


@dataclass(frozen=True)
class OtherCohorts:
    """Methods on several training cohorts, over the training seeds that all of them have."""

    seeds: tuple[int, ...]
    scores: tuple[CohortScore, ...]

    @property
    def cohorts(self) -> tuple[int, ...]:
        """Their seeds."""
        return tuple(sorted({score.cohort for score in self.scores}))

    def spread(self, method: str) -> tuple[float, float]:
        """Standard deviations over cohorts in AUROC and decodability: of the baseline's, of others' differences."""
        own = [score for score in self.scores if score.method == method]
        values = [
            (score.auroc, score.decodability)
            if score.auroc_difference is None or score.decodability_difference is None
            else (score.auroc_difference, score.decodability_difference)
            for score in own
        ]
        return stdev(auroc for auroc, _ in values), stdev(read for _, read in values)


def is_other(key: Key, entries: Sequence[Entry], main: Key, of_main: Sequence[Entry]) -> bool:
    """Whether entries are of another cohort of the same phantom, alike in all but its seed."""
    if key == main or not main.synthetic or _without_patients(key) != _without_patients(main):
        return False
    here, there = (dict(found[0].run.data.options) for found in (entries, of_main))
    return here.pop(_SEED, None) != there.pop(_SEED, None) and bool(here) and here == there


def _without_patients(key: Key) -> Key:
    return replace(key, data_fingerprint="", split_fingerprint="", trial="")


def compare(main: Sequence[Entry], others: Sequence[Sequence[Entry]]) -> OtherCohorts | None:
    """The methods that stand in the main cohort and in every other, the baseline among them; None where that is none.

    Args:
        main: the entries of the board.
        others: those of each other cohort.
    """
    if not others:
        return None
    headline = headline_of(main)
    by_cohort = {int(found[0].run.data.options[_SEED]): _by_method(found) for found in (main, *others)}
    shared = [set(methods) for methods in by_cohort.values()]
    names = sorted(set.intersection(*shared), key=lambda name: (name != BASELINE, name))
    seeds = _common(row for methods in by_cohort.values() for name, row in methods.items() if name in names)
    if BASELINE not in names or not seeds:
        return None
    scores = []
    for cohort in sorted(by_cohort):
        baseline = _means(by_cohort[cohort][BASELINE], headline, seeds)
        for name in names:
            own = _means(by_cohort[cohort][name], headline, seeds)
            if own is None or baseline is None:
                return None
            less = (None, None) if name == BASELINE else (own[0] - baseline[0], own[1] - baseline[1])
            scores.append(CohortScore(cohort, name, *own, *less))
    return OtherCohorts(seeds, tuple(scores))


def _by_method(found: Sequence[Entry]) -> Mapping[str, Row]:
    """The rows of methods of one setting, by name; references are none."""
    made = [row for row in rows(found)[0] if not row.reference and not row.setting]
    return {row.method: row for row in made}


def _common(found: Iterable[Row]) -> tuple[int, ...]:
    seeds = [set(row.seeds) for row in found]
    return tuple(sorted(set.intersection(*seeds))) if seeds else ()


def _means(row: Row, headline: Lookup, seeds: Sequence[int]) -> tuple[float, float] | None:
    """Mean AUROC and decodability over these seeds; None where one is missing."""
    entries = [entry for entry in row.entries if entry.run.seed in seeds]
    means = []
    for lookup in (DIAGNOSIS_AUROC, headline):
        values = [score.value for entry in entries if (score := lookup.score(entry)) is not None]
        known = [value for value in values if value is not None]
        if len(known) < len(entries):
            return None
        means.append(fmean(known))
    return means[0], means[1]
