"""Where a row stands on its board: in which section, in which class, and how it differs from the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench.scoring.claims import Claim
from bench.statistics.pairing import Difference

#: Sections in the order of the page. Rows of the first two are ranked, each section by itself.
SectionName = Literal["methods", "race at test", "diagnosis lost", "incomplete", "not compared", "references"]
SECTIONS: tuple[SectionName, ...] = (
    "methods",
    "race at test",
    "diagnosis lost",
    "incomplete",
    "not compared",
    "references",
)
RANKED: tuple[SectionName, ...] = ("methods", "race at test")


@dataclass(frozen=True)
class Compared:
    """A paired difference to the baseline.

    ``pairs`` counts the seeds that both have. ``p`` is corrected for all claims of the board (Holm, 1979) and ``sure``
    is what it says; None of a row about which nothing is claimed: it lacks a seed, or is a reference.
    """

    difference: Difference
    pairs: int
    p: float | None = None
    sure: bool | None = None


@dataclass(frozen=True)
class Standing:
    """What a board says of a row beside its scores.

    ``reason`` is why it is not ranked, in few words. ``differences`` are by the key of the measure. ``claim`` is what
    may be said of removal. ``tie_class``, ``may_be_best`` and ``front`` (the share of draws on the Pareto front) are of
    ranked rows alone.
    """

    section: SectionName = "not compared"
    reason: str = ""
    baseline: bool = False
    differences: Mapping[str, Compared] = field(default_factory=dict)
    residual: float | None = None
    claim: Claim | None = None
    tie_class: int | None = None
    may_be_best: bool | None = None
    front: float | None = None
