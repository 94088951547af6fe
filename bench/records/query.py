"""The one way to find a score: by its metric and the dimensions that it is broken down by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bench.errors import BenchError
from bench.records.score import DIMENSIONS, Score

#: Stands for whatever attribute is protected.
PROTECTED: Final = "<protected>"
#: Stands for whatever a dimension holds: for metrics of one target only, whose name is the task's own.
ANY: Final = "<any>"


@dataclass(frozen=True)
class Scores:
    """The scores of one network in one arena by one suite; ``protected`` is what :data:`PROTECTED` stands for.

    ``owner`` says whose they are, in errors.
    """

    rows: Sequence[Score]
    protected: str
    owner: str = "one network"

    def one(self, metric: str, **dimensions: str | float | None) -> Score | None:
        """The score of this metric with these dimensions, all others None; None where there is none.

        Raises:
            BenchError: when several match.
        """
        found = self.every(metric, **(dict.fromkeys(DIMENSIONS) | dimensions))
        if len(found) > 1:
            asked = ", ".join(f"{name}={value}" for name, value in dimensions.items())
            raise BenchError(
                f"Of {self.owner} there are {len(found)} scores {metric!r} ({asked}) where one is needed. They were not"
                " written by this version: delete their file, and score the network again (bench score)."
            )
        return found[0] if found else None

    def every(self, metric: str, **dimensions: str | float | None) -> list[Score]:
        """The scores of this metric with these dimensions, whatever the others, in the order of the file."""
        wanted = {
            name: self.protected if value == PROTECTED else value for name, value in dimensions.items() if value != ANY
        }
        there = self._by_metric.get(metric, [])
        return [score for score in there if all(getattr(score, name) == value for name, value in wanted.items())]

    def value(self, metric: str, **dimensions: str | float | None) -> float:
        """The value of :meth:`one`; NaN where there is none."""
        score = self.one(metric, **dimensions)
        return float("nan") if score is None or score.value is None else score.value

    @cached_property
    def _by_metric(self) -> dict[str, list[Score]]:
        found: dict[str, list[Score]] = defaultdict(list)
        for score in self.rows:
            found[score.metric].append(score)
        return found
