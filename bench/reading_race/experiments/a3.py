"""A3: race from a network that was trained for the diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench import run as runs
from bench import training
from bench.method import Method
from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.published import Published, of_groups, three
from bench.reading_race.readers import logistic
from bench.reading_race.results import Cell
from bench.records import BASELINE, FEATURES, MACRO, PROTECTED, Score, ScoreFile

if TYPE_CHECKING:
    from bench.reading_race.study import Study

_HEAD, _SUITE = "linear head", "the suite's probes"
_PAPER = three(0.7986, 0.8416, 0.8258)


class FromDiagnosis(Experiment):
    """The project's ERM run, frozen: its pooled features read by a linear softmax head, and by the project's suite.

    The head is fitted on the training patients, as the paper's. The suite cross-fits its probes among test patients,
    so it has fewer to learn from, but chooses among seven; its mean is over pairs of groups, not over groups.
    """

    name = "A3"
    question = "Can the group be read from a network trained for the diagnosis alone?"

    def cells(self, study: Study) -> list[Cell]:
        """The trained network by both readers; the untrained one by the head, as the reference."""
        return [
            {"network": BASELINE, "reader": _HEAD},
            {"network": "untrained", "reader": _HEAD},
            {"network": BASELINE, "reader": _SUITE},
        ]

    def determinants(self, study: Study) -> list[str]:
        """The run that is read."""
        return [study.run.id]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """The run is made unless it is recorded."""
        outcome = runs.run(study.run.config)
        if cell["reader"] == _SUITE:
            return Measured(_of_suite(outcome.scores(study.run.config)), outcome.record.run.training)
        config, spec = study.run.config, study.diagnosed.spec
        untrained = cell["network"] != BASELINE
        given = config.backbone, config.method.hyperparameters, config.seed, spec, untrained
        method = training.build(study.run.method, *given)
        if not untrained:
            training.load(method, outcome.folder / training.WEIGHTS)
        read = logistic(_features(method, study), study.cohort)
        return Measured(study.judge.scores(read), None if untrained else outcome.record.run.training)

    def label(self, cell: Cell) -> str:
        """Whose features, and who reads them."""
        return f"{cell['network']}, {cell['reader']}"

    def published(self, cell: Cell, score: Score) -> Published | None:
        """DenseNet-121 trained for 14 findings on MIMIC-CXR, read by a new linear head."""
        return of_groups(score, _PAPER) if cell == {"network": BASELINE, "reader": _HEAD} else None


def _features(method: Method, study: Study) -> np.ndarray:
    accelerator = study.run.config.trainer.accelerator
    return training.predict(training.copies(method, accelerator), study.cohort, study.images.pixels, once=True).features


def _of_suite(file: ScoreFile) -> list[Score]:
    """What the scores say of the features: the headline as the mean, and every group against the rest."""
    about: dict[str, str | float | None] = {"attribute": PROTECTED, "layer": FEATURES, "reference": None}
    headline = file.find.every("decodability", **about)
    groups = file.find.every("decodability_ovr", **about)
    rows = [*((MACRO, score) for score in headline), *((score.group, score) for score in groups)]
    plain = {"attribute": None, "group": None, "layer": None, "read_by": None, "metric": "auroc"}
    return [score.model_copy(update={**plain, "target": target}) for target, score in rows]


EXPERIMENT = FromDiagnosis()
