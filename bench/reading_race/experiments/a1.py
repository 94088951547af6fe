"""A1: race from the image itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.published import Published, of_groups
from bench.reading_race.results import Cell
from bench.records import Score

if TYPE_CHECKING:
    from bench.reading_race.study import Study

_MIMIC = {
    "Asian": Published(0.986, 0.984, 0.988, "T3"),
    "Black": Published(0.982, 0.981, 0.983, "T3"),
    "White": Published(0.981, 0.979, 0.982, "T3"),
}
#: Black against White, by task: NLST's slices, EM-Mammo's images, the Digital Hand Atlas.
_PAIRS = {
    "ct": Published(0.92, source="T3"),
    "mammo": Published(0.78, source="T3"),
    "hand": Published(0.87, 0.752, 0.894, "T3"),
}


class FromImage(Experiment):
    """A network trained on the images as they are; between two groups it is read by their own odds."""

    name = "A1"
    question = "Can the group be read from an image?"
    tasks = ("cxr", *_PAIRS)

    def cells(self, study: Study) -> list[Cell]:
        return [{"images": "as they are"}]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """One-vs-rest AUROCs, and those of every pair where there are more than two groups."""
        scores = study.judge.scores(study.plain_posteriors)
        if len(study.judge.names) > 2:
            scores += study.judge.pair_scores(study.plain_posteriors)
        return Measured(scores, study.plain.info)

    def label(self, cell: Cell) -> str:
        return f"images {cell['images']}"

    def published(self, cell: Cell, score: Score) -> Published | None:
        """MIMIC-CXR for chest radiographs (the first of the paper's three data sets), else Black against White."""
        if score.metric == "auroc_pair":
            return None
        return of_groups(score, _MIMIC)


EXPERIMENT = FromImage()
