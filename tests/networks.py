"""Networks as a run makes them, from its configuration."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench import training
from bench.config import RunConfig
from bench.method import Method, TaskSpec
from bench.records import TrainingInfo
from bench.run import Run
from bench.task import Cohort


def built(cls: type[Method], config: RunConfig, spec: TaskSpec) -> Method:
    """A method with the run's hyperparameters and seed, untrained."""
    return training.build(cls, config.backbone, config.method.hyperparameters, config.seed, spec)


def fresh(planned: Run) -> Method:
    """The method of a run, untrained."""
    return built(planned.method, planned.config, planned.cohort.spec)


def fitted(method: Method, config: RunConfig, cohort: Cohort, pixels: np.ndarray, folder: Path) -> TrainingInfo:
    """Train it as the run says, on these images."""
    train, val = cohort.part("train"), cohort.part("val")
    return training.fit(method, train, val, pixels, config.trainer, config.seed, folder)
