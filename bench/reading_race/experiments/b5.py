"""B5: race from everything that is known beside the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.reading_race.experiment import Unavailable
from bench.reading_race.from_columns import FromColumns, varying
from bench.reading_race.published import Published
from bench.reading_race.results import Cell
from bench.records import MACRO, Score

if TYPE_CHECKING:
    from bench.reading_race.study import Study

_PAPER = {"logistic regression": 0.65, "random forest": 0.64, "boosted trees": 0.64}


class FromCovariates(FromColumns):
    """Age, sex, findings and BMI together, as far as they are known, without the attribute that is read."""

    name = "B5"
    question = "Do age, sex, findings and body habitus together tell the group?"

    def sets(self, study: Study) -> dict[str, list[str]]:
        """One set, named by what it holds."""
        known = varying(study, ["age", "sex", "bmi"])
        if not known:
            raise Unavailable("the cohort knows neither age nor sex nor BMI beside what is read")
        return {", ".join([*known, "findings"]): [*known, *study.findings]}

    def published(self, cell: Cell, score: Score) -> Published | None:
        """MIMIC-CXR."""
        return Published(_PAPER[str(cell["reader"])], source="2nd") if score.target == MACRO else None


EXPERIMENT = FromCovariates()
