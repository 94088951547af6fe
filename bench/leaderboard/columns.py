"""What a leaderboard shows: one frozen entry a column. Adding a column is adding an entry to ``COLUMNS``.

Beside these there are a few of every other set (external validation) that networks of the table were scored on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from bench.errors import BenchError
from bench.leaderboard.claims import VIEW, claim
from bench.leaderboard.rows import Row
from bench.records import External, Record, Score
from bench.scoring.decodability.flags import split
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
#: Stands for whatever attribute a record's task protects.
PROTECTED = "<protected>"
#: Stands for whatever target a score has: for a metric of one target only, whose name is the task's own.
ANY = "<any>"


@dataclass(frozen=True)
class Measure:
    """Produces a column from scores: which score of a record is meant, pooled over the row's seeds."""

    metric: str
    target: str | None = None
    attribute: str | None = None
    view: str | None = None
    reference: str | None = None
    #: Name and fingerprint of another set than the records' own: its scores are meant.
    external: tuple[str, str] | None = None

    def __call__(self, row: Row) -> Estimate | None:
        """The pooled score of a row; None where a record has none."""
        return self.pooled(row.records)

    def pooled(self, records: Iterable[Record]) -> Estimate | None:
        """The score pooled over records, one a seed."""
        return pool([self.find(record) for record in records])

    def find(self, record: Record) -> Score | None:
        """The one score meant, on test patients.

        Raises:
            BenchError: when a record holds several.
        """
        attribute = record.task.protected if self.attribute == PROTECTED else self.attribute
        wanted = (self.metric, attribute, None, self.view, self.reference, None, "test")
        found = [s for s in self._scores(record) if _dimensions(s) == wanted and self.target in (s.target, ANY)]
        if len(found) > 1:
            raise BenchError(
                f"Record {record.id} of method {record.method.name!r} holds {len(found)} scores {self.metric!r} "
                f"(target={self.target}, attribute={attribute}, view={self.view}, reference={self.reference}); a "
                "leaderboard needs one. The record was not written by this version: run it again."
            )
        return found[0] if found else None

    def _scores(self, record: Record) -> list[Score]:
        if self.external is None:
            return record.scores
        return [s for e in record.external if (e.name, e.data.fingerprint) == self.external for s in e.scores]


def _dimensions(score: Score) -> tuple[str | float | None, ...]:
    return (score.metric, score.attribute, score.group, score.view, score.reference, score.level, score.split)


@dataclass(frozen=True)
class Column:
    """A column: its name in the CSV, its title, which way is better, and how a row's cell comes about.

    ``paper``: whether it stands in the LaTeX table, which has to fit a page.
    """

    key: str
    title: str
    direction: Direction | None
    produce: Callable[[Row], Cell]
    paper: bool = True


DIAGNOSIS = Measure("auroc", target="macro")
DECODABILITY = Measure("decodability", attribute=PROTECTED, view=VIEW)


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
    """The flags that a seed raised on the whole run or on a view that has a column; those of the features bare."""
    raised = {split(flag) for record in row.records for flag in record.flags}
    shown = {name for view, name in raised if view in (None, VIEW)}
    others = {f"outputs: {name}" for view, name in raised if view == "outputs"}
    return (*sorted(shown), *sorted(others)) or None


def _claim(row: Row) -> str | None:
    found = claim(row.records)
    return None if found is None else str(found)


COLUMNS: tuple[Column, ...] = (
    Column("method", "Method", None, lambda row: Name(row.method, row.setting)),
    Column("seeds", "Seeds", None, lambda row: len(row.records)),
    Column("auroc", "Diagnosis AUROC", "up", DIAGNOSIS),
    Column("worst_auroc", "Worst-group AUROC", "up", Measure("worst_auroc", target="macro", attribute=PROTECTED)),
    Column("decodability", "Decodability, features", "down", DECODABILITY),
    Column("decodability_outputs", "Decodability, outputs", "down", replace(DECODABILITY, view="outputs"), paper=False),
    Column(
        "decodability_conditional",
        "Decodability given C",
        "down",
        replace(DECODABILITY, metric="decodability_conditional"),
    ),
    Column("residual", "Residual", "down", lambda row: residual(DECODABILITY(row), row.baseline)),
    Column("removal", "Removal", None, _claim),
    Column(
        "equalized_odds_difference",
        "Equalized odds difference",
        "down",
        Measure("equalized_odds_difference", target="macro", attribute=PROTECTED),
        paper=False,
    ),
    Column(
        "underdiagnosis_gap",
        "Underdiagnosis gap",
        "down",
        Measure("underdiagnosis_rate_gap", target=ANY, attribute=PROTECTED),
        paper=False,
    ),
    Column(
        "counterfactual_effect",
        "Counterfactual effect",
        "down",
        Measure("counterfactual_effect", target="macro", attribute=PROTECTED),
        paper=False,
    ),
    # Reference rows are ranked with nobody.
    Column("pareto", "Pareto front", None, lambda row: None if row.reference else row.pareto),
    Column("uses_race", "Group labels used", None, lambda row: row.uses_race),
    Column("flags", "Flags", None, _flags),
)
#: What stands of every other set that the networks were scored on, too; behind this column.
_EXTERNAL_BEHIND = "counterfactual_effect"
_EXTERNAL: tuple[tuple[str, str, Direction, Measure, bool], ...] = (
    ("auroc", "AUROC", "up", DIAGNOSIS, True),
    ("worst_auroc", "Worst-group AUROC", "up", Measure("worst_auroc", target="macro", attribute=PROTECTED), False),
    ("decodability", "Decodability", "down", DECODABILITY, True),
)


def external_sets(records: Iterable[Record]) -> list[External]:
    """The other sets that some of the records were scored on, one of each name and data, by name."""
    found = {(other.name, other.data.fingerprint): other for record in records for other in record.external}
    return [found[key] for key in sorted(found)]


def columns_of(records: Iterable[Record]) -> tuple[Column, ...]:
    """``COLUMNS``, and those of the other sets that some of the records were scored on."""
    sets = external_sets(records)
    names = Counter(other.name for other in sets)
    more = []
    for other in sets:
        # Two states of a set are no measure of each other: each has its own columns.
        digits = f" ({other.data.fingerprint[:6]})" if names[other.name] > 1 else ""
        name = f"{other.name}{digits}"
        for key, title, direction, measure, paper in _EXTERNAL:
            here = replace(measure, external=(other.name, other.data.fingerprint))
            more.append(Column(f"{key}_on_{_word(name)}", f"{title} on {name}", direction, here, paper))
    at = [column.key for column in COLUMNS].index(_EXTERNAL_BEHIND) + 1
    return (*COLUMNS[:at], *more, *COLUMNS[at:])


def _word(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")
