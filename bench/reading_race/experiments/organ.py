"""Race from the organ under study, and from what lies around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.reading_race import masks
from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.results import Cell

if TYPE_CHECKING:
    from bench.reading_race.study import Study


class Organ(Experiment):
    """Trained and tested on the organ alone (the lungs of a chest), and on images without it; the rest is mid-grey.

    The outline of what is covered stays to be seen, and may itself tell something.
    """

    name = "organ"
    question = (
        "Is the group in the organ under study or around it? Networks on the organ alone, and on images without it."
    )

    def cells(self, study: Study) -> list[Cell]:
        masks.fingerprint(study)
        return [{"shown": "organ"}, {"shown": "outside"}]

    def determinants(self, study: Study) -> list[str]:
        """The masks."""
        return [masks.fingerprint(study)]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """A network of its own, tested on the images that have a mask."""
        pictures, notes = masks.pictures(study, inside=cell["shown"] == "organ")
        trained = study.network(pictures=pictures)
        rows = np.isin(study.test.rows, pictures.cohort.rows)
        posteriors = np.zeros((len(rows), len(study.judge.names)))
        posteriors[rows] = study.posteriors(trained.network, pictures)
        return Measured(study.judge.scores(posteriors, rows), trained.info, notes=notes)

    def label(self, cell: Cell) -> str:
        return "organ alone" if cell["shown"] == "organ" else "organ removed"


EXPERIMENT = Organ()
