"""What a leaderboard shows: one frozen entry a column. Adding a column is adding an entry to ``COLUMNS``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from bench.errors import BenchError
from bench.leaderboard.pooling import Estimate, pool
from bench.leaderboard.rows import Row
from bench.records import Record, Score


@dataclass(frozen=True)
class Name:
    """What stands in the first column: a name, and what tells it from others of that name."""

    name: str
    setting: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.setting})" if self.setting else self.name


Cell = Estimate | Name | str | int | bool | None
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
        wanted = (self.metric, attribute, None, self.view, self.reference, "test")
        found = [s for s in record.scores if _dimensions(s) == wanted and self.target in (s.target, ANY)]
        if len(found) > 1:
            raise BenchError(
                f"Record {record.id} of method {record.method.name!r} holds {len(found)} scores {self.metric!r} "
                f"(target={self.target}, attribute={attribute}, view={self.view}, reference={self.reference}); a "
                "leaderboard needs one. The record was not written by this version: run it again."
            )
        return found[0] if found else None


def _dimensions(score: Score) -> tuple[str | None, ...]:
    return (score.metric, score.attribute, score.group, score.view, score.reference, score.split)


@dataclass(frozen=True)
class Column:
    """A column: its name in the CSV, its title, which way is better, and how a row's cell comes about."""

    key: str
    title: str
    direction: Direction | None
    produce: Callable[[Row], Cell]


DIAGNOSIS = Measure("auroc", target="macro")
DECODABILITY = Measure("decodability", attribute=PROTECTED, view="penultimate")

COLUMNS: tuple[Column, ...] = (
    Column("method", "Method", None, lambda row: Name(row.method, row.setting)),
    Column("seeds", "Seeds", None, lambda row: len(row.records)),
    Column("auroc", "Diagnosis AUROC", "up", DIAGNOSIS),
    Column("worst_auroc", "Worst-group AUROC", "up", Measure("worst_auroc", target="macro", attribute=PROTECTED)),
    Column("decodability", "Decodability, features", "down", DECODABILITY),
    Column("decodability_outputs", "Decodability, outputs", "down", replace(DECODABILITY, view="outputs")),
    Column(
        "decodability_within_label",
        "Decodability within label",
        "down",
        replace(DECODABILITY, metric="decodability_within_label"),
    ),
    Column(
        "equalized_odds_difference",
        "Equalized odds difference",
        "down",
        Measure("equalized_odds_difference", target="macro", attribute=PROTECTED),
    ),
    Column(
        "underdiagnosis_gap",
        "Underdiagnosis gap",
        "down",
        Measure("underdiagnosis_rate_gap", target=ANY, attribute=PROTECTED),
    ),
    Column("pareto", "Pareto front", None, lambda row: row.pareto),
    Column("uses_race", "Group labels used", None, lambda row: row.uses_race),
    Column("flags", "Flags", None, lambda row: ", ".join(sorted({f for r in row.records for f in r.flags})) or None),
)
