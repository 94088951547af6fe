"""B3: race from the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.reading_race.experiment import Measured, Unavailable
from bench.reading_race.from_columns import FromColumns
from bench.reading_race.published import Published, of_groups, three
from bench.reading_race.results import Cell
from bench.records import MACRO, Score

if TYPE_CHECKING:
    from bench.reading_race.study import Study

_NETWORK = three(0.914, 0.949, 0.941, "paper")


class FromFindings(FromColumns):
    """Labels alone; and images on which nothing was found, by a network trained on such images."""

    name = "B3"
    question = "Do the findings tell the group? Labels alone, and a network on images without a finding."

    def sets(self, study: Study) -> dict[str, list[str]]:
        """The labels that are diagnosed."""
        return {"findings": list(study.findings)}

    def cells(self, study: Study) -> list[Cell]:
        """The readers of labels, and the network."""
        return [*super().cells(study), {"images": "no finding"}]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """Patients with a finding are neither trained nor tested on."""
        if "images" not in cell:
            return super().measure(study, cell)
        target = study.cohort.no_finding
        if target is None:
            raise Unavailable("the task has no target that says 'no finding'")
        trained = study.network(pictures=study.pictures.take((study.cohort.table[target] == 1).to_numpy()))
        rows = np.asarray(study.test.table[target] == 1)
        return Measured(study.judge.scores(study.posteriors(trained.network), rows), trained.info)

    def label(self, cell: Cell) -> str:
        """The labels' reader, or the network."""
        return "images without a finding, network" if "images" in cell else super().label(cell)

    def published(self, cell: Cell, score: Score) -> Published | None:
        """MIMIC-CXR: of labels the range over groups, of the network DenseNet-121."""
        if "images" in cell:
            return of_groups(score, _NETWORK)
        return Published(None, 0.54, 0.61, "paper") if score.target == MACRO else None


EXPERIMENT = FromFindings()
