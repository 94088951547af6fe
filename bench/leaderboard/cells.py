"""What stands in a leaderboard: cells, and the columns that they stand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bench.leaderboard.rows import Row
from bench.leaderboard.standing import Compared
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
