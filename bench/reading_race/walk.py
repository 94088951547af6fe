"""The walk of a study: every cell of every experiment, measured unless it has been, then one report."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.markup import escape

from bench import __version__, records
from bench.reading_race import results
from bench.reading_race.experiment import Experiment, Unavailable, chosen
from bench.reading_race.results import Cell, Result
from bench.reading_race.settings import Settings
from bench.reading_race.study import Study
from bench.records import DataInfo
from bench.records.environment import environment
from bench.run import Run, plan
from bench.terminal import Steps, say

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


def walk(settings: Settings) -> StudyResults:
    """Do what is still to be done of a study. Killed, the same call goes on where it stopped.

    Raises:
        BenchError: for anything the user can mend.
    """
    experiments = chosen(settings.experiments)
    planned = plan(settings.config)
    if planned.dataset.synthetic:
        say("[bold]Synthetic data:[/bold] what follows is about a simulation and says nothing of patients.")
    found = [Found(experiment) for experiment in experiments]
    studies: list[Study] = []
    for number, seed in enumerate(settings.seeds):
        run = replace(planned, config=planned.config.model_copy(update={"seed": seed}))
        study = Study(run, settings.preset, settings.masks)
        studies = [study]
        todo = [(one, cell) for one in found for cell in _cells(one, study)]
        steps = Steps("cells", len(todo) * len(settings.seeds), done=number * len(todo))
        for one, cell in todo:
            name = f"{one.experiment.name}, {one.experiment.label(cell)}, seed {seed}"
            steps.begin(name)
            try:
                result, existed = _measure(study, one.experiment, cell)
            except Unavailable as reason:
                _skip(one, f"{one.experiment.label(cell)}: {reason}")
                steps.end(f"skipped: {reason}", existed=True)
                continue
            one.results.append(result)
            steps.end(_said(result), existed)
    study = studies[0]
    data = planned.data_info(study.cohort)
    return StudyResults(planned, settings, data, study.cohort.spec.targets, found, study.notes, study.mean_image)


def _cells(found: Found, study: Study) -> list[Cell]:
    try:
        found.experiment.require(study)
        return found.experiment.cells(study)
    except Unavailable as reason:
        if _skip(found, str(reason)):
            say(escape(f"{found.experiment.name} is skipped: {reason}."))
        return []


def _skip(found: Found, reason: str) -> bool:
    """Note a reason, once; whether it is new."""
    new = reason not in found.skipped
    if new:
        found.skipped.append(reason)
    return new


def _measure(study: Study, experiment: Experiment, cell: Cell) -> tuple[Result, bool]:
    """The result of a cell, and whether it had been there."""
    config = study.run.config
    here = Path(__file__).parent
    identity = records.identity(
        {
            "version": __version__,
            "schema": records.SCHEMA_VERSION,
            "experiment": [experiment.name, experiment.source, experiment.determinants(study)],
            "core": [hashlib.sha256((here / name).read_bytes()).hexdigest() for name in _CORE],
            "cell": cell,
            "cohort": [study.cohort.fingerprint, study.run.images_fingerprint],
            "backbone": config.backbone,
            "hyperparameters": config.method.hyperparameters,
            "seed": config.seed,
            "trainer": study.run.budget,
        }
    )
    folder = study.folder / experiment.name / identity
    if found := results.read(folder):
        return found, True
    started = time.monotonic()
    measured = experiment.measure(study, cell)
    result = Result(
        id=identity,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        experiment=experiment.name,
        cell=cell,
        seed=config.seed,
        task=study.run.task_info(study.cohort).model_copy(update={"targets": list(study.findings)}),
        data=study.run.data_info(study.cohort),
        backbone=config.backbone,
        trainer=study.run.budget,
        training=measured.training,
        scores=measured.scores,
        details=measured.details,
        notes=measured.notes,
        environment=environment(study.device),
        seconds=round(time.monotonic() - started, 3),
    )
    results.write(result, folder)
    return result, False


def _said(result: Result) -> str:
    score = results.macro(result.scores)
    if score is None or score.value is None:
        return score.note or "" if score else ""
    limits = "" if score.low is None or score.high is None else f" ({score.low:.3f}–{score.high:.3f})"
    return f"{score.value:.3f}{limits}"
