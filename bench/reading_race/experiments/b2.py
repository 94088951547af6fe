"""B2: race from the density of the breast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.reading_race.from_columns import FromColumns, varying
from bench.reading_race.published import Published
from bench.reading_race.results import Cell
from bench.records import MACRO, Score

if TYPE_CHECKING:
    from bench.reading_race.study import Study

_PAPER = {"density": Published(0.54, source="paper"), "density and age": Published(0.61, source="2nd")}


class FromDensity(FromColumns):
    """Density alone, and with age."""

    name = "B2"
    question = "Does tissue density tell the group? Density alone, and with age."
    needs = ("density",)
    tasks = ("mammo",)

    def sets(self, study: Study) -> dict[str, list[str]]:
        """Density; density and age, where that is known."""
        return {"density": ["density"], **({"density and age": ["density", "age"]} if varying(study, ["age"]) else {})}

    def published(self, cell: Cell, score: Score) -> Published | None:
        """The paper's mammograms."""
        return _PAPER[str(cell["from"])] if score.target == MACRO else None


EXPERIMENT = FromDensity()
