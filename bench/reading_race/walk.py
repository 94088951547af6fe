"""The walk of a study: every cell of every experiment, measured unless it has been, then one report."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bench import __version__, records, training, work
from bench.reading_race import results
from bench.reading_race.experiment import Experiment, Unavailable, chosen
from bench.reading_race.results import Cell, Result
from bench.reading_race.settings import Settings
from bench.reading_race.study import Study
from bench.records import DataInfo
from bench.records.environment import environment
from bench.run import Run, plan
from bench.terminal import Steps, say
from bench.work import Ended, Job, local

#: The files whose code every result depends on, beside that of its own experiment.
_CORE = (
    "from_columns.py",
    "masks.py",
    "network.py",
    "parts.py",
    "patches.py",
    "readers.py",
    "scores.py",
    "study.py",
    "transforms.py",
)


@dataclass
class Found:
    """What a study found in one experiment: the results, one a cell and seed, and why some or all are lacking."""

    experiment: Experiment
    results: list[Result] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class StudyResults:
    """A finished study: the run it is about, what was found by experiment, notes on the cohort and its mean image."""

    run: Run
    settings: Settings
    data: DataInfo
    groups: tuple[str, ...]
    found: list[Found]
    notes: list[str]
    mean_image: np.ndarray

    @property
    def title(self) -> str:
        """The task and data set, with "synthetic data" where that is so."""
        synthetic = " (synthetic data)" if self.run.dataset.synthetic else ""
        return f"{self.run.config.task.name} on {self.run.dataset.name}{synthetic}"


@dataclass(frozen=True)
class _Skipped:
    """A cell that the cohort does not allow, and the reason."""

    cell: str
    reason: str


def walk(settings: Settings) -> StudyResults:
    """Do what is still to be done of a study. Killed, the same call goes on where it stopped.

    Raises:
        BenchError: for anything the user can mend.
    """
    experiments = chosen(settings.experiments)
    planned = plan(settings.config)
    if planned.dataset.synthetic:
        say(" what follows is about a simulation and says nothing of patients.", "Synthetic data:")
    found = [Found(experiment) for experiment in experiments]

    # Seed after seed, so that no more than one study with its networks is held at a time.
    @lru_cache(maxsize=1)
    def study_of(seed: int) -> Study:
        run = replace(planned, config=planned.config.model_copy(update={"seed": seed}))
        return Study(run, settings.preset, settings.masks)

    todo = [(one, job) for seed in settings.seeds for one in found for job in _jobs(one, seed, study_of)]
    measured = work.results(local.run([job for _, job in todo], _Watch(len(todo))), "cells")
    for (one, _), result in zip(todo, measured, strict=True):
        if isinstance(result, _Skipped):
            _skip(one, f"{result.cell}: {result.reason}")
        else:
            one.results.append(result)
    study = study_of(settings.seeds[-1])
    data = planned.data_info(study.cohort)
    return StudyResults(planned, settings, data, study.cohort.spec.targets, found, study.notes, study.mean_image)


def _jobs(found: Found, seed: int, study_of: Callable[[int], Study]) -> list[Job[Result | _Skipped]]:
    """The cells of an experiment with one seed; none where the cohort does not allow it."""
    study, experiment = study_of(seed), found.experiment
    try:
        experiment.require(study)
        return [_job(experiment, cell, seed, study_of) for cell in experiment.cells(study)]
    except Unavailable as reason:
        if _skip(found, str(reason)):
            say(f"{experiment.name} is skipped: {reason}.")
        return []


def _job(experiment: Experiment, cell: Cell, seed: int, study_of: Callable[[int], Study]) -> Job[Result | _Skipped]:
    """A cell as a job."""
    identity = _identity(study_of(seed), experiment, cell)
    folder = study_of(seed).folder / experiment.name / identity

    def measure() -> Result | _Skipped:
        try:
            return results.read(folder) or _measure(study_of(seed), experiment, cell, identity, folder)
        except Unavailable as reason:
            return _Skipped(experiment.label(cell), str(reason))

    label = f"{experiment.name}, {experiment.label(cell)}, seed {seed}"
    return Job(identity, label, lambda: (folder / results.RESULT).exists(), measure)


def _skip(found: Found, reason: str) -> bool:
    """Note a reason, once; whether it is new."""
    new = reason not in found.skipped
    if new:
        found.skipped.append(reason)
    return new


def _identity(study: Study, experiment: Experiment, cell: Cell) -> str:
    """Hash of everything that determines a cell's result."""
    config = study.run.config
    here = Path(__file__).parent
    return records.identity(
        {
            "version": __version__,
            "schema": records.SCHEMA_VERSION,
            "experiment": [experiment.name, experiment.source, experiment.determinants(study)],
            "core": [hashlib.sha256((here / name).read_bytes()).hexdigest() for name in _CORE],
            "cell": cell,
            "cohort": [study.cohort.fingerprint, study.run.images_fingerprint],
            "backbone": config.backbone.label,
            "hyperparameters": config.method.hyperparameters,
            "seed": config.seed,
            "trainer": study.run.budget,
        }
    )


def _measure(study: Study, experiment: Experiment, cell: Cell, identity: str, folder: Path) -> Result:
    """Do the work of a cell, and keep its result."""
    config = study.run.config
    started = time.monotonic()
    with training.threads(config.trainer.threads):
        measured = experiment.measure(study, cell)
    result = Result(
        id=identity,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        experiment=experiment.name,
        cell=cell,
        seed=config.seed,
        task=study.run.task_info(study.cohort).model_copy(update={"targets": list(study.findings)}),
        data=study.run.data_info(study.cohort),
        backbone=config.backbone.label,
        trainer=study.run.budget,
        training=measured.training,
        scores=measured.scores,
        details=measured.details,
        notes=measured.notes,
        environment=environment(study.device),
        seconds=round(time.monotonic() - started, 3),
    )
    results.write(result, folder)
    return result


def _said(result: Result | _Skipped) -> str:
    if isinstance(result, _Skipped):
        return f"skipped: {result.reason}"
    score = results.macro(result.scores)
    if score is None or score.value is None:
        return score.note or "" if score else ""
    limits = "" if score.low is None or score.high is None else f" ({score.low:.3f}–{score.high:.3f})"
    return f"{score.value:.3f}{limits}"


class _Watch:
    """Tells of every cell as :class:`bench.terminal.Steps` does."""

    def __init__(self, total: int) -> None:
        self._steps, self._existed = Steps("cells", total), False

    def begin(self, job: Job[Any], number: int, total: int) -> None:
        """A cell is begun."""
        self._existed = job.done()
        self._steps.begin(job.label)

    def end(self, ended: Ended[Any], number: int, total: int) -> None:
        """It is done: without any work, with it, or not at all."""
        said = f"error: {ended.error}" if ended.result is None else _said(ended.result)
        self._steps.end(said, self._existed or isinstance(ended.result, _Skipped))
