"""What a leaderboard shows: the columns of the catalogue of measures, and what is no measure (seeds, classes, flags …).

Beside these there are a few of every other set (external validation) that networks of the table were scored on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from bench.leaderboard.lookup import CLAIMED, COMPARED, Lookup
from bench.leaderboard.rows import Entry, Row
from bench.leaderboard.standing import Compared
from bench.records import BASELINE, FEATURES, ScoreFile
from bench.scoring.catalogue import MEASURES, REMOVAL, RESIDUAL
from bench.scoring.claims import claim_of
from bench.scoring.decodability.flags import split
from bench.scoring.measures import Column as Shown
from bench.scoring.measures import Measure
from bench.statistics.pooling import Estimate


@dataclass(frozen=True)
class Name:
    """What stands in the first column: a name, and what tells it from others of that name."""

    name: str
    setting: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.setting})" if self.setting else self.name


@dataclass(frozen=True)
class Share:
    """A share between 0 and 1, shown in per cent."""

    value: float


Cell = Estimate | Compared | Share | Name | tuple[str, ...] | str | int | float | bool | None
Direction = Literal["up", "down"]
#: Where a column stands: on the page, in the LaTeX table, which has to fit a page of a paper, and always in the CSV.
Place = Literal["page", "paper"]


@dataclass(frozen=True)
class Column:
    """A column: its name in the CSV, its title, which way is better, and how a row's cell comes about.

    ``measure`` is the entry of the catalogue that it shows, where it shows one; of the others ``meaning`` says what
    they are, for documents. ``estimates``: its cells have limits, with columns of their own in the CSV.
    """

    key: str
    title: str
    direction: Direction | None
    produce: Callable[[Row], Cell]
    places: tuple[Place, ...] = ("page", "paper")
    measure: Measure | None = None
    meaning: str = ""
    estimates: bool = False


def _flags(row: Row) -> tuple[str, ...] | None:
    """The flags that a seed raised, those of the whole network and of its features bare."""
    raised = {split(flag) for entry in row.entries for flag in entry.test.flags}
    shown = {name for layer, name in raised if layer in (None, FEATURES)}
    others = {f"{layer}: {name}" for layer, name in raised if layer not in (None, FEATURES)}
    return (*sorted(shown), *sorted(others)) or None


def _claim(row: Row) -> str | None:
    found = claim_of([(entry.test.find, entry.test.flags) for entry in row.entries])
    return None if found is None else str(found)


#: Measures that are made of a row and not of one score.
_OF_ROWS: dict[str, Callable[[Row], Cell]] = {
    RESIDUAL.key: lambda row: row.standing.residual,
    REMOVAL.key: _claim,
}


def _column(measure: Measure, shown: Shown) -> Column:
    produce = _OF_ROWS.get(measure.key) or Lookup(measure.key, shown)
    places: tuple[Place, ...] = ("page", "paper") if shown.paper else ("page",)
    key, title = shown.key or measure.key, shown.title or measure.title
    return Column(key, title, measure.better, produce, places, measure, estimates=isinstance(produce, Lookup))


@dataclass(frozen=True)
class _DifferenceOf:
    """Produces the paired difference to the baseline in one measure, or a part of it."""

    key: str

    def __call__(self, row: Row) -> Compared | None:
        return row.standing.differences.get(self.key)

    def p(self, row: Row) -> float | None:
        found = self(row)
        return None if found is None else found.p


def _differences(measure: Measure) -> tuple[Column, ...]:
    """The columns of the difference in a measure, where rows are compared by it: the difference, and its p-value."""
    if measure.key not in COMPARED:
        return ()
    difference, claimed = _DifferenceOf(measure.key), measure.key in CLAIMED
    title, key = f"Δ {measure.short}", f"{measure.key}_difference"
    what = f"Paired difference to {BASELINE} in the {measure.short}"
    meaning = (
        f"{what}, by patient and seed; † where it is sure." if claimed else f"{what}, by patient and seed; descriptive."
    )
    places: tuple[Place, ...] = ("page", "paper") if claimed else ("page",)
    columns = [Column(key, title, measure.better, difference, places, meaning=meaning, estimates=True)]
    if claimed:
        of_p = "The p-value of this difference, corrected for all claims of the board; sure is at most .05."
        columns.append(Column(f"{key}_p", f"{title}, p", None, difference.p, (), meaning=of_p))
    return tuple(columns)


MEASURED: tuple[Column, ...] = tuple(_column(measure, shown) for measure in MEASURES for shown in measure.columns)
_SHOWN: tuple[Column, ...] = tuple(
    column
    for measured in MEASURED
    # Behind the first column of a measure: decodability has one of the features and one of the outputs.
    for column in (
        measured,
        *(_differences(measured.measure) if measured.measure and measured.key in COMPARED else ()),
    )
)


def _share(value: float | None) -> Share | None:
    return None if value is None else Share(value)


def _pairs(row: Row) -> int | None:
    return max((one.pairs for one in row.standing.differences.values()), default=None)


BEFORE: tuple[Column, ...] = (
    Column(
        "method",
        "Method",
        None,
        lambda row: Name(row.method, row.setting),
        meaning="The method; in small print what tells its settings apart, and why it is not ranked.",
    ),
    Column("seeds", "Seeds", None, lambda row: len(row.entries), meaning="How many seeds its means are over."),
    Column(
        "pairs",
        "Pairs",
        None,
        _pairs,
        ("page",),
        meaning=f"How many of them {BASELINE} has too: differences are over these.",
    ),
    Column(
        "tie_class",
        "Class",
        None,
        lambda row: row.standing.tie_class,
        meaning="Class of decodability: rows of a class cannot be told from the best of it; 1 holds the best.",
    ),
)
BEHIND: tuple[Column, ...] = (
    Column(
        "front",
        "On the front",
        None,
        lambda row: _share(row.standing.front),
        meaning="Front share: in how many of 10,000 draws of other patients and seeds no row of the section is as good "
        "in both diagnosis AUROC and decodability, and better in one.",
    ),
    Column(
        "uses_race",
        "Group labels used",
        None,
        lambda row: row.uses_race,
        meaning="Whether the method is given the group never, in training, or also when it predicts (ranked apart).",
    ),
    Column(
        "flags",
        "Flags",
        None,
        _flags,
        meaning="What makes a score doubtful, of any seed: on the run or its features, those of the outputs named.",
    ),
    Column(
        "baseline",
        "Baseline",
        None,
        lambda row: row.standing.baseline,
        (),
        meaning="Whether this is the row that the others are compared with.",
    ),
    Column(
        "may_be_best",
        "May be best",
        None,
        lambda row: row.standing.may_be_best,
        (),
        meaning="False: at 95%, its decodability is not the lowest of its section (Hsu, 1996).",
    ),
    Column(
        "not_ranked",
        "Not ranked because",
        None,
        lambda row: row.standing.reason or None,
        (),
        meaning="Why a row is not ranked; empty where it is, and of references.",
    ),
)
COLUMNS: tuple[Column, ...] = (*BEFORE, *_SHOWN, *BEHIND)


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
                places: tuple[Place, ...] = ("page", "paper") if column.produce.shown.elsewhere_in_paper else ("page",)
                key = f"{column.key}_on_{_word(name)}"
                more.append(Column(key, f"{title} on {name}", column.direction, here, places, estimates=True))
    return (*BEFORE, *_SHOWN, *more, *BEHIND)


def _word(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")
