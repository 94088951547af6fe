"""A1: race from the image itself, and from a study of several images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.published import Published, of_groups
from bench.reading_race.results import Cell
from bench.reading_race.scores import Judge
from bench.records import Score
from bench.scoring.studies import of

if TYPE_CHECKING:
    from bench.reading_race.study import Study

_MIMIC = {
    "Asian": Published(0.986, 0.984, 0.988, "T3"),
    "Black": Published(0.982, 0.981, 0.983, "T3"),
    "White": Published(0.981, 0.979, 0.982, "T3"),
}
_IMAGES, _STUDIES = "images as they are", "studies, the mean over their images"
#: Black against White, by task, and by image or study: NLST's slices, EM-Mammo's images, the Digital Hand Atlas.
_PAIR = "Black against White"
_PAIRS = {
    "ct": {_IMAGES: Published(0.92, source="T3"), _STUDIES: Published(0.96, 0.926, 0.982, "T3")},
    "mammo": {_IMAGES: Published(0.78, source="T3"), _STUDIES: Published(0.81, 0.794, 0.818, "T3")},
    "hand": {_IMAGES: Published(0.87, 0.752, 0.894, "T3")},
}


class FromImage(Experiment):
    """A network trained on the images as they are; between two groups it is read by their own odds.

    What it says of a study is the mean of what it says of the images.
    """

    name = "A1"
    question = "Can the group be read from an image, or from a study of several images?"
    tasks = ("cxr", *_PAIRS)

    def cells(self, study: Study) -> list[Cell]:
        """Images; and studies, in a task whose studies are of several images."""
        several = study.test.table.groupby(["patient", "study"], observed=True).size().mean() >= 2
        cells: list[Cell] = [{"read": _IMAGES}]
        return [*cells, {"read": _STUDIES}] if several else cells

    def measure(self, study: Study, cell: Cell) -> Measured:
        """One-vs-rest AUROCs, and those of every pair where there are more than two groups or the paper has a pair."""
        judge, posteriors = study.judge, study.plain_posteriors
        if cell["read"] == _STUDIES:
            units = of(study.test)
            judge = Judge(units.cohort)
            total = np.zeros((len(units.cohort), posteriors.shape[1]))
            np.add.at(total, units.codes, np.exp(posteriors))
            posteriors = np.log(total / np.bincount(units.codes)[:, None])
        scores = judge.scores(posteriors)
        if len(judge.names) > 2 or study.run.config.task.name in _PAIRS:
            scores += judge.pair_scores(posteriors)
        return Measured(scores, study.plain.info)

    def label(self, cell: Cell) -> str:
        return str(cell["read"])

    def published(self, cell: Cell, score: Score) -> Published | None:
        """MIMIC-CXR, the first of the paper's three data sets of chest radiographs."""
        return None if score.metric == "auroc_pair" or cell["read"] != _IMAGES else of_groups(score, _MIMIC)

    def published_of(self, task: str, cell: Cell, score: Score) -> Published | None:
        """Of other images Black against White alone."""
        if task in _PAIRS:
            return _PAIRS[task].get(str(cell["read"])) if score.group == _PAIR else None
        return super().published_of(task, cell, score)


EXPERIMENT = FromImage()
