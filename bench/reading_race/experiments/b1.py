"""B1: race from the body-mass index."""

from __future__ import annotations

from bench.reading_race.from_columns import FromColumns
from bench.reading_race.published import Published
from bench.reading_race.results import Cell
from bench.records import MACRO, Score


class FromBmi(FromColumns):
    """BMI alone."""

    name = "B1"
    question = "Does body habitus tell the group? BMI alone."
    needs = ("bmi",)

    def published(self, cell: Cell, score: Score) -> Published | None:
        """CheXpert."""
        return Published(0.55, source="paper") if score.target == MACRO else None


EXPERIMENT = FromBmi()
