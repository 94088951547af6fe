"""What a leaderboard shows: the columns of the catalogue of measures, and what is no measure (seeds, flags …).

Beside these there are a few of every other set (external validation) that networks of the table were scored on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from bench.leaderboard.rows import Entry, Row
from bench.records import FEATURES, OUTPUTS, ScoreFile
from bench.scoring.catalogue import AUROC, DECODABILITY, MEASURES, REMOVAL, RESIDUAL
from bench.scoring.claims import claim_of
from bench.scoring.decodability.flags import split
from bench.scoring.measures import Column as Shown
from bench.scoring.measures import Measure
from bench.statistics.pooling import Estimate, pool


@dataclass(frozen=True)
class Name:
    """What stands in the first column: a name, and what tells it from others of that name."""

    name: str
    setting: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.setting})" if self.setting else self.name


Cell = Estimate | Name | tuple[str, ...] | str | int | float | bool | None
Direction = Literal["up", "down"]


@dataclass(frozen=True)
class Lookup:
    """Produces a column from scores: which score of a file is meant, pooled over the row's seeds."""

    metric: str
    shown: Shown
    reference: str | None = None
    #: Name and fingerprint of another set than the one trained on: its scores are meant.
    arena: tuple[str, str] | None = None

    def __call__(self, row: Row) -> Estimate | None:
        """The pooled score of a row; None where an entry has none."""
        return self.pooled(row.entries)

    def pooled(self, seeds: Iterable[Entry]) -> Estimate | None:
        """The score pooled over entries, one a seed.

        Raises:
            BenchError: when one of them holds several.
        """
        files = [self._file(entry) for entry in seeds]
        asked = {**self.shown.dimensions, "reference": self.reference}
        return pool([None if file is None else file.find.one(self.metric, **asked) for file in files])

    def _file(self, entry: Entry) -> ScoreFile | None:
        if self.arena is None:
            return entry.test
        return next((file for file in entry.elsewhere if (file.head.arena, file.head.data) == self.arena), None)


@dataclass(frozen=True)
class Column:
    """A column: its name in the CSV, its title, which way is better, and how a row's cell comes about.

    ``measure`` is the entry of the catalogue that it shows, where it shows one; ``paper``: whether it stands in the
    LaTeX table, which has to fit a page.
    """

    key: str
    title: str
    direction: Direction | None
    produce: Callable[[Row], Cell]
    paper: bool = True
    measure: Measure | None = None


DIAGNOSIS_AUROC = Lookup(AUROC.key, AUROC.columns[0])
FEATURES_DECODABILITY = Lookup(DECODABILITY.key, DECODABILITY.columns[0])


def residual(decodability: Cell, baseline: float | None) -> float | None:
    """(D − .5) / (D of the baseline − .5): the part of what plain training leaves that is still there.

    It has no interval. Both decodabilities are read on the same test patients, so their errors go together, by how
    much no record tells; a delta-method interval that took them as independent would be wrong, and most so for the
    baseline itself, whose residual is 1 by definition. The intervals of both are in the table.
    """
    if not isinstance(decodability, Estimate) or baseline is None:
        return None
    return (decodability.mean - 0.5) / baseline


def _flags(row: Row) -> tuple[str, ...] | None:
    """The flags that a seed raised on the whole network or on a layer that has a column; those of the features bare."""
    raised = {split(flag) for entry in row.entries for flag in entry.test.flags}
    shown = {name for layer, name in raised if layer in (None, FEATURES)}
    others = {f"{OUTPUTS}: {name}" for layer, name in raised if layer == OUTPUTS}
    return (*sorted(shown), *sorted(others)) or None


def _claim(row: Row) -> str | None:
    found = claim_of([(entry.test.find, entry.test.flags) for entry in row.entries])
    return None if found is None else str(found)


#: Measures that are made of a row and not of one score.
_OF_ROWS: dict[str, Callable[[Row], Cell]] = {
    RESIDUAL.key: lambda row: residual(FEATURES_DECODABILITY(row), row.baseline),
    REMOVAL.key: _claim,
}


def _column(measure: Measure, shown: Shown) -> Column:
    produce = _OF_ROWS.get(measure.key) or Lookup(measure.key, shown)
    return Column(shown.key or measure.key, shown.title or measure.title, measure.better, produce, shown.paper, measure)


MEASURED: tuple[Column, ...] = tuple(_column(measure, shown) for measure in MEASURES for shown in measure.columns)
BEFORE: tuple[Column, ...] = (
    Column("method", "Method", None, lambda row: Name(row.method, row.setting)),
    Column("seeds", "Seeds", None, lambda row: len(row.entries)),
)
BEHIND: tuple[Column, ...] = (
    # Reference rows are ranked with nobody.
    Column("pareto", "Pareto front", None, lambda row: None if row.reference else row.pareto),
    Column("uses_race", "Group labels used", None, lambda row: row.uses_race),
    Column("flags", "Flags", None, _flags),
)
COLUMNS: tuple[Column, ...] = (*BEFORE, *MEASURED, *BEHIND)


def sets_elsewhere(found: Iterable[Entry]) -> list[ScoreFile]:
    """The other sets that some of the networks were scored on, one of each name and data, by name."""
    files = {(file.head.arena, file.head.data): file for entry in found for file in entry.elsewhere}
    return [files[key] for key in sorted(files)]


def columns_of(found: Iterable[Entry]) -> tuple[Column, ...]:
    """``COLUMNS``, and those of the other sets that some of the networks were scored on."""
    sets = sets_elsewhere(found)
    names = Counter(file.head.arena for file in sets)
    more = []
    for file in sets:
        # Two states of a set are no measure of each other: each has its own columns.
        digits = f" ({file.head.data[:6]})" if names[file.head.arena] > 1 else ""
        name = f"{file.head.arena}{digits}"
        for column in MEASURED:
            if isinstance(column.produce, Lookup) and (title := column.produce.shown.elsewhere):
                here = replace(column.produce, arena=(file.head.arena, file.head.data))
                paper = column.produce.shown.elsewhere_in_paper
                key = f"{column.key}_on_{_word(name)}"
                more.append(Column(key, f"{title} on {name}", column.direction, here, paper))
    return (*BEFORE, *MEASURED, *more, *BEHIND)


def _word(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")
