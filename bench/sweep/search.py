"""Tune a method on a task: Optuna proposes, runs answer on validation patients, one rule chooses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from filelock import FileLock, Timeout
from optuna.trial import FrozenTrial

from bench import records
from bench.config import MethodConfig, RunConfig
from bench.errors import BenchError
from bench.method import Method
from bench.method.hyperparameters import Tunable, hyperparameters, resolve
from bench.plugins.registry import METHODS
from bench.records import ScoreFile
from bench.run import Outcome, done, make_folder, plan, run
from bench.sweep.rule import choose, decodability, macro_auroc
from bench.sweep.study import RECORD, ask, describe, fail, finished, open_study, remaining
from bench.terminal import say
from bench.work import Ended, Job, local


@dataclass(frozen=True)
class Sweep:
    """A finished sweep: the chosen configuration's run on test patients, and what it was chosen from."""

    outcome: Outcome
    against: str
    baseline: ScoreFile
    trials: list[FrozenTrial]
    chosen: FrozenTrial
    within: bool
    limit: float
    storage: Path


def sweep(config: RunConfig) -> Sweep:
    """Run the trials that are still to be run, choose, and score the choice on test patients.

    Two objectives on validation patients: macro AUROC up, decodability of the features down. The storage is an
    SQLite file; killed, the same command goes on, and each trial's run goes on from its last epoch. The suggestions
    depend on the sweep's seed and on the finished trials only, so an interrupted sweep ends as an uninterrupted one.

    Raises:
        BenchError: for anything the user can mend; when no trial came to an end.
    """
    cls = METHODS.get(config.method.plugin).load()
    baseline = _baseline(config)
    folder = config.runs_dir / config.task.name / config.task.dataset / config.method.name / "sweeps" / identity(config)
    make_folder(folder)
    storage = folder / "study.db"
    # A hyperparameter that the user set is held; the others are searched.
    declared = hyperparameters(cls)
    given = config.method.hyperparameters
    searched = {n: tunable for n, tunable in declared.items() if tunable.is_searched and given[n] == tunable.default}
    try:
        with FileLock(folder / ".lock", timeout=0):
            study = open_study(storage, folder.name, searched)
            for number in remaining(study, config.sweep.trials):
                _trial(study, config, cls, searched, number)
    except Timeout as error:
        raise BenchError(
            f"Another process is at work on this sweep ({folder}). Wait for it, or change sweep.seed."
        ) from error
    trials = finished(study)[: config.sweep.trials]
    if not trials:
        raise BenchError(f"None of the {config.sweep.trials} trials came to an end; {storage} tells why each failed.")
    limit = macro_auroc(baseline) - config.sweep.tolerance
    chosen, within = choose(trials, limit)
    say(f"Chosen: trial {trials.index(chosen) + 1}: {describe(chosen.params)}. Now on test patients:")
    outcome = run(_with(config, cls, chosen.params))
    return Sweep(outcome, config.sweep.baseline, baseline, trials, chosen, within, limit, storage)


def identity(config: RunConfig) -> str:
    """Hash of what makes two sweeps the same study: everything but the number of trials."""
    determinants = json.loads(config.model_dump_json(exclude={"runs_dir", "cache_dir", "logger", "test"}))
    determinants["sweep"].pop("trials")
    determinants["sweep"].pop("tolerance")
    determinants["method"].pop("tuned")
    return records.identity([plan(config).id, determinants])


def _baseline(config: RunConfig) -> ScoreFile:
    """The scores that the trials are held against."""
    name = config.sweep.baseline
    defaults = resolve(METHODS.get(name).load(), {})
    method = MethodConfig(name=name, plugin=name, hyperparameters=defaults)
    say(f"First {name}, which the trials are held against:")
    return run(config.model_copy(update={"method": method}), ["val"]).scores(config, "val")


def _with(config: RunConfig, cls: type[Method], params: Mapping[str, Any]) -> RunConfig:
    values = resolve(cls, {**config.method.hyperparameters, **params})
    chosen = config.method.model_copy(update={"hyperparameters": values, "tuned": config.sweep.trials})
    return config.model_copy(update={"method": chosen})


def _trial(
    study: optuna.Study, config: RunConfig, cls: type[Method], searched: Mapping[str, Tunable], number: int
) -> None:
    """Draw a trial, run it on validation patients, and tell the study what came out."""
    trial, params = ask(study, searched, config.sweep.seed, number)
    proposed = _with(config, cls, params)
    job = Job(
        id=f"{study.study_name}/{number}",
        label=f"Trial {number + 1} of {config.sweep.trials}: {describe(params)}",
        done=lambda: done(proposed, ["val"]),
        run=lambda: run(proposed, ["val"]),
    )
    (ended,) = local.run([job], _Lines(f"Trial {number + 1}"))
    if ended.result is None:
        fail(study, trial, str(ended.error))
        return
    scores = ended.result.scores(config, "val")
    values = macro_auroc(scores), decodability(scores)
    trial.set_user_attr(RECORD, ended.result.record.run.id)
    if np.isnan(values).any():
        fail(study, trial, "a score is undefined on validation patients")
        return
    study.tell(trial, values)
    say(f"Trial {number + 1}: validation AUROC {values[0]:.3f}, decodability {values[1]:.3f}")


class _Lines:
    """A line when a trial begins, and one when it fails; its scores are said once the study has been told them."""

    def __init__(self, name: str) -> None:
        self._name = name

    def begin(self, job: Job[Any], number: int, total: int) -> None:
        """Its hyperparameters."""
        say(job.label)

    def end(self, ended: Ended[Any], number: int, total: int) -> None:
        """The error."""
        if ended.error is not None:
            say(f"{self._name} failed: {ended.error}")
