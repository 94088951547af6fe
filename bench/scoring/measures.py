"""What a measure is: one number that a network can be given, with everything that is said and shown of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from bench.records import MACRO, PROTECTED, Place
from bench.scoring.decodability.result import Decodability
from bench.statistics.bootstrap import Interval
from bench.statistics.metrics import Sample

Direction = Literal["up", "down"]
#: What it takes to have a measure, beside predictions: a threshold chosen on val, groups to compare, a target that says
#: "healthy", twins, fresh probes, probes other than linear ones, the suite's controls, test conditions, or other rows
#: of a leaderboard.
Need = Literal["threshold", "groups", "no_finding", "twins", "probes", "all probes", "controls", "conditions", "rows"]


@dataclass(frozen=True)
class Column:
    """A column of leaderboards: which of a measure's scores stands there.

    ``place`` says in which arena it was scored. ``key`` names it in the CSV and ``title`` heads it, by default the
    measure's own; ``page`` and ``paper``: whether it stands on the page, and in the LaTeX table, which has to fit one
    of a paper, or in the CSV alone; ``elsewhere``: its title where it stands for other sets, too, whose name follows.
    """

    target: str | None = None
    attribute: str | None = None
    layer: str | None = None
    group: str | None = None
    place: Place = "test"
    key: str = ""
    title: str = ""
    page: bool = True
    paper: bool = True
    elsewhere: str = ""
    elsewhere_in_paper: bool = False

    @property
    def dimensions(self) -> dict[str, str | float | None]:
        """What to ask for in a file of scores."""
        return {"target": self.target, "attribute": self.attribute, "layer": self.layer, "group": self.group}


@dataclass(frozen=True)
class Measure:
    """An entry of the catalogue.

    ``title`` stands in headings, ``short`` where room is scarce; ``better`` is None where neither end is the better
    one; ``range`` is what its values lie within, None for an open end. ``meaning`` is one sentence or two for whoever
    reads it for the first time, ``{protected}`` and ``{baseline}`` filled in; ``legend`` is the name by which a
    leaderboard says it, empty where it does not, ``note`` what a caption in LaTeX says. ``screen`` is what the report
    of a run calls it beside the AUROCs, empty where it is left out. ``source`` is the paper that defines it.
    """

    key: str
    title: str
    short: str
    better: Direction | None
    meaning: str
    needs: tuple[Need, ...] = ()
    range: tuple[float | None, float | None] = (0.0, 1.0)
    source: str = ""
    columns: tuple[Column, ...] = ()
    legend: str = ""
    note: str = ""
    screen: str = ""


@dataclass(frozen=True)
class Comparison:
    """Where a comparison of groups is shown: its columns, and what the report of a run calls it, if it stands there."""

    columns: tuple[Column, ...] = ()
    screen: str = ""


@dataclass(frozen=True)
class Metric(Measure):
    """A number on one target's predictions, ``function(sample, weights (n, R)) -> (R,)``.

    ``compared``: groups are held against each other by it (:attr:`over_groups`), so it lies within 0 and 1 and one end
    is the better one; ``worst_shown`` and ``gap_shown`` say where that stands. ``biased_up``: noise raises it, since
    resampling with replacement adds noise, so that replicates lie above the value they stand for.
    """

    function: Callable[[Sample, np.ndarray], np.ndarray] = field(kw_only=True)
    compared: bool = True
    biased_up: bool = False
    worst_shown: Comparison = Comparison()
    gap_shown: Comparison = Comparison()

    @property
    def at_threshold(self) -> bool:
        """Whether it is of calls and not of probabilities."""
        return "threshold" in self.needs

    @cached_property
    def worst(self) -> Measure:
        """The entry of its value in the group where it is worst."""
        return Measure(
            f"worst_{self.key}",
            f"Worst-group {self.short}",
            "worst group",
            self.better,
            f"{self.title} in the group in which it is worst.",
            ("groups", *self.needs),
            source="Sagawa et al., 2020",
            columns=self.worst_shown.columns,
            screen=self.worst_shown.screen,
        )

    @cached_property
    def gap(self) -> Measure:
        """The entry of the gap between groups."""
        return Measure(
            f"{self.key}_gap",
            f"Gap in {self.short}",
            "gap between groups",
            "down",
            f"{self.title} in the best group less that in the worst.",
            ("groups", *self.needs),
            columns=self.gap_shown.columns,
            screen=self.gap_shown.screen,
        )

    @property
    def over_groups(self) -> tuple[Measure, ...]:
        """The entries that hold groups against each other by it."""
        return (self.worst, self.gap) if self.compared else ()


@dataclass(frozen=True)
class Difference(Measure):
    """A difference of calls between groups: the largest of the gaps in ``rates``; ``function`` gives its value."""

    function: Callable[..., float] = field(kw_only=True)
    rates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One reading: an interval, and what it is broken down by. ``images`` and ``patients`` None: those of all."""

    interval: Interval
    group: str | None = None
    probe: str | None = None
    level: float | None = None
    reference: str | None = None
    read_by: str | None = None
    note: str | None = None
    images: int | None = None
    patients: int | None = None


@dataclass(frozen=True)
class Reading(Measure):
    """What the suite reads of a layer: ``function(decodability)`` gives a row a number, none where it has none."""

    function: Callable[[Decodability], Iterable[Row]] = field(kw_only=True)


#: ``Score.reference`` of what is read with the groups permuted over patients.
PERMUTED = "permuted"


def null_of(key: str) -> str:
    """The key of the measure of what another one reads with the groups permuted over patients."""
    return f"{key}_null"


def null(measure: Measure) -> Measure:
    """The entry of what a gap between groups reads with the groups permuted over patients."""
    return Measure(
        null_of(measure.key),
        f"{measure.title}, by chance",
        "by chance",
        None,
        f"{measure.title} with {{protected}} permuted over patients: the mean, and the 5th and the 95th percentile. A "
        "gap below the 95th percentile is nothing.",
        measure.needs,
    )


#: The conditions that a diagnosis is scored in, as groups of an attribute of this name.
CONDITION = "condition"
CONDITIONS = AS_TRAINED, BALANCED, INVERTED = "as trained", "balanced", "inverted"

#: Where scores over the groups of the protected attribute stand, of the mean over targets.
OVER_PROTECTED = Column(target=MACRO, attribute=PROTECTED)


def over_protected(**more: object) -> Column:
    """A column over the groups of the protected attribute, of the mean over targets unless said otherwise."""
    return replace(OVER_PROTECTED, **more)  # type: ignore[arg-type]
