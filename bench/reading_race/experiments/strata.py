"""A1's network within strata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.reading_race import parts
from bench.reading_race.experiment import Experiment, Measured, Unavailable
from bench.reading_race.from_columns import varying
from bench.reading_race.published import Published
from bench.reading_race.results import Cell
from bench.records import MACRO, Score

if TYPE_CHECKING:
    from bench.reading_race.study import Study

_STRATA = ("bmi", "age", "sex", "scanner")
_MATCHED = ("bmi", "age", "sex", "site", "scanner", "view", "density")
_PAPER = {
    "bmi": dict(zip(parts.BMI[1], (0.97, 0.91, 0.94, 0.92), strict=True)),
    "age": dict(zip(parts.AGE[1], (0.90, 0.91, 0.94, 0.95, 0.93), strict=True)),
    "sex": {"M": 0.93, "F": 0.95},
}


class Strata(Experiment):
    """AUROC among images of a stratum; and over pairs of images alike in all covariates, of numbers in their band."""

    name = "strata"
    question = "Is the group read within every stratum, and between images alike in all that is known of them?"

    def cells(self, study: Study) -> list[Cell]:
        """One, with a line a stratum."""
        if not varying(study, _MATCHED):
            raise Unavailable(f"the cohort knows none of {', '.join(_MATCHED)}")
        return [{"network": "A1's"}]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """No network is trained for it."""
        posteriors, judge, notes = study.plain_posteriors, study.judge, []
        scores = judge.scores(posteriors)
        for column in varying(study, _STRATA):
            codes, names = parts.codes(study.test, column)
            for code, name in enumerate(names):
                if (codes == code).any():
                    scores += judge.scores(posteriors, codes == code, attribute=column, group=name)
        covariates = varying(study, _MATCHED)
        for name, columns in (("covariates", covariates), ("covariates and findings", [*covariates, *study.findings])):
            alike = parts.cells(study.test, columns)
            scores += judge.scores(posteriors, cells=alike, attribute="matched on", group=name)
            notes.append(f"Matched on {name}: {', '.join(columns)}; only images alike in all of them are compared")
        return Measured(scores, notes=notes)

    def label(self, cell: Cell) -> str:
        """All images, where the line names no stratum."""
        return "A1's network"

    def published(self, cell: Cell, score: Score) -> Published | None:
        """MIMIC-CXR, DenseNet-121."""
        if score.target != MACRO:
            return None
        if score.attribute is None:
            return Published(0.94)
        value = _PAPER.get(score.attribute, {}).get(score.group or "")
        return None if value is None else Published(value)


EXPERIMENT = Strata()
