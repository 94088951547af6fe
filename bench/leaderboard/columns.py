"""What a leaderboard shows: the columns of the catalogue of measures, and what is no measure (seeds, classes, flags …).

Beside these there are a few of every other set (external validation) that networks of the table were scored on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from bench.leaderboard import costs
from bench.leaderboard.cells import Cell, Column, Name, Place, Share
from bench.leaderboard.lookup import CLAIMED, GIVEN_THE_DIAGNOSIS, OBSERVED, TRIAL, Lookup, compared
from bench.leaderboard.rows import Entry, Row
from bench.leaderboard.standing import Compared
from bench.records import BASELINE, FEATURES, ScoreFile
from bench.scoring.catalogue import DECODABILITY, MEASURES, REMOVAL, RESIDUAL
from bench.scoring.decodability.flags import split
from bench.scoring.measures import Column as Shown
from bench.scoring.measures import Measure


def _flags(row: Row) -> tuple[str, ...] | None:
    """The flags that a seed raised, those of the whole network and of its features bare."""
    raised = {split(flag) for entry in row.entries for flag in entry.flags}
    shown = {name for layer, name in raised if layer in (None, FEATURES)}
    others = {f"{layer}: {name}" for layer, name in raised if layer not in (None, FEATURES)}
    return (*sorted(shown), *sorted(others)) or None


def _claim(row: Row) -> str | None:
    return None if row.standing.claim is None else str(row.standing.claim)


#: Measures that are made of a row and not of one score.
_OF_ROWS: dict[str, Callable[[Row], Cell]] = {
    RESIDUAL.key: lambda row: row.standing.residual,
    REMOVAL.key: _claim,
}


def _column(measure: Measure, shown: Shown) -> Column:
    produce = _OF_ROWS.get(measure.key) or Lookup(measure.key, shown)
    both: tuple[Place, ...] = ("page", "paper")
    places = tuple(place for place, there in zip(both, (shown.page, shown.paper), strict=True) if there)
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


def _differences(key: str, measure: Measure) -> tuple[Column, ...]:
    """The columns of the difference in a score that rows are compared by: the difference, and of claims its p-value."""
    difference, claimed = _DifferenceOf(key), key in CLAIMED
    title, name = f"Δ {measure.short}", f"{key}_difference"
    what = f"Paired difference to {BASELINE} in the {measure.short}"
    if key == DECODABILITY.key:
        what += " that the board judges by (in the trial; where there is none, given the diagnosis)"
    meaning = (
        f"{what}, by patient and seed; † where it is sure." if claimed else f"{what}, by patient and seed; descriptive."
    )
    places: tuple[Place, ...] = ("page", "paper") if claimed else ("page",)
    columns = [Column(name, title, measure.better, difference, places, meaning=meaning, estimates=True)]
    if claimed:
        of_p = "The p-value of this difference, corrected for all claims of the board; sure is at most .05."
        columns.append(Column(f"{name}_p", f"{title}, p", None, difference.p, (), meaning=of_p))
    return tuple(columns)


MEASURED: tuple[Column, ...] = tuple(_column(measure, shown) for measure in MEASURES for shown in measure.columns)


def _shown() -> Iterator[Column]:
    """The measured columns, and behind those that rows are compared by the differences.

    What claims may be made on stands first among the readings of decodability, and behind it the difference in it.
    """
    claimed = [column for column in MEASURED if column.produce in (TRIAL, GIVEN_THE_DIAGNOSIS)]
    others = {lookup: key for key, lookup in compared(OBSERVED).items() if key != DECODABILITY.key}
    for column in MEASURED:
        if column is claimed[0]:
            yield from claimed
            yield from _differences(DECODABILITY.key, DECODABILITY)
        elif column not in claimed:
            yield column
            if column.measure is not None and column.produce in others:
                yield from _differences(others[column.produce], column.measure)


_SHOWN: tuple[Column, ...] = tuple(_shown())


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
        "cost",
        "Passes",
        None,
        costs.passes,
        ("page",),
        meaning="Image passes, forward and backward, as they were counted: a multiple of plain training's with as many "
        "images; pretrained: it began with the weights of a file, whose cost nobody knows.",
    ),
    Column(
        "training_seconds",
        "Seconds of training",
        None,
        costs.Mean("seconds"),
        (),
        meaning="How long training took, on the machine of the record.",
    ),
    Column(
        "peak_memory",
        "Peak of memory",
        None,
        costs.Mean("peak_memory"),
        (),
        meaning="Bytes in use at most while training: of the GPU, or of the process.",
    ),
    Column(
        "extra_parameters",
        "Further parameters",
        None,
        costs.Mean("extra_parameters"),
        (),
        meaning="Parameters of networks beside encoder and head.",
    ),
    Column(
        "tuning",
        "Hyperparameters",
        None,
        lambda row: "; ".join(sorted({entry.run.method.tuning for entry in row.entries} - {""})) or None,
        ("page",),
        meaning="Whether they are the method's own defaults, were set by hand, or tuned on validation patients in so "
        "many trials.",
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


def sets_elsewhere(found: Iterable[Entry]) -> list[ScoreFile]:
    """The other sets that some of the networks were scored on, one of each name and data, by name."""
    files = {(file.head.arena, file.head.data): file for entry in found for file in entry.elsewhere}
    return [files[key] for key in sorted(files)]


def columns_of(found: Iterable[Entry]) -> tuple[Column, ...]:
    """``COLUMNS``, and those of the other sets that some of the networks were scored on."""
    return (*BEFORE, *_SHOWN, *_elsewhere(found), *BEHIND)


def _elsewhere(found: Iterable[Entry]) -> list[Column]:
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
    return more


def _word(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")


COLUMNS = columns_of(())
