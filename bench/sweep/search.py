"""Tune a method on a task: Optuna proposes, runs answer on validation patients, one rule chooses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optuna
from filelock import FileLock, Timeout
from optuna.trial import FrozenTrial, TrialState

from bench import records
from bench.config import MethodConfig, RunConfig
from bench.errors import BenchError
from bench.method.hyperparameters import Tunable, hyperparameters, resolve
from bench.plugins.registry import METHODS
from bench.records import FEATURES, MACRO, PROTECTED, ScoreFile
from bench.run import Outcome, plan, run
from bench.scoring.catalogue import AUROC, DECODABILITY
from bench.terminal import say

#: A trial's record, and what its two objectives are called in the study.
_RECORD, OBJECTIVES = "record", ("val_auroc", "val_decodability")


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

    Two objectives on validation patients: macro AUROC up, decodability (penultimate features) down. The storage is an
    SQLite file; killed, the same command goes on, and each trial's run goes on from its last epoch. The suggestions
    depend on the sweep's seed and on the finished trials only, so an interrupted sweep ends as an uninterrupted one.

    Raises:
        BenchError: for anything the user can mend; when no trial came to an end.
    """
    cls = METHODS.get(config.method.plugin).load()
    name = config.sweep.baseline
    defaults = resolve(METHODS.get(name).load(), {})
    baseline_method = MethodConfig(name=name, plugin=name, hyperparameters=defaults)
    say(f"First {name}, which the trials are held against:")
    baseline = run(config.model_copy(update={"method": baseline_method}), ["val"]).scores(config, "val")
    # A hyperparameter that the user set is held; the others are searched.
    declared = hyperparameters(cls)
    searched = {n: tunable for n, tunable in declared.items() if config.method.hyperparameters[n] == tunable.default}
    folder = config.runs_dir / config.task.name / config.task.dataset / config.method.name / "sweeps" / identity(config)
    folder.mkdir(parents=True, exist_ok=True)
    storage = folder / "study.db"
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with FileLock(folder / ".lock", timeout=0):
            study = optuna.create_study(
                storage=f"sqlite:///{storage}",
                study_name=folder.name,
                directions=["maximize", "minimize"],
                load_if_exists=True,
            )
            study.set_user_attr("objectives", list(OBJECTIVES))
            _clear_interrupted(study, searched)
            for number in _remaining(study, config.sweep.trials):
                _trial(study, config, cls, searched, number)
    except Timeout as error:
        raise BenchError(
            f"Another process is at work on this sweep ({folder}). Wait for it, or change sweep.seed."
        ) from error
    trials = _finished(study)[: config.sweep.trials]
    if not trials:
        raise BenchError(f"None of the {config.sweep.trials} trials came to an end; {storage} tells why each failed.")
    limit = macro_auroc(baseline) - config.sweep.tolerance
    chosen, within = choose(trials, limit)
    say(f"Chosen: trial {trials.index(chosen) + 1}: {describe(chosen.params)}. Now on test patients:")
    outcome = run(_with(config, cls, chosen.params))
    return Sweep(outcome, name, baseline, trials, chosen, within, limit, storage)


def choose(trials: list[FrozenTrial], limit: float) -> tuple[FrozenTrial, bool]:
    """The trial of lowest decodability among those whose AUROC reaches ``limit``; True with it.

    Where none does, the one of highest AUROC, and False. Ties go to the earlier trial.
    """
    good = [trial for trial in trials if trial.values[0] >= limit]
    if good:
        return min(good, key=lambda trial: (trial.values[1], trial.number)), True
    return max(trials, key=lambda trial: (trial.values[0], -trial.number)), False


def macro_auroc(scores: ScoreFile) -> float:
    """Macro AUROC on validation patients, NaN where it is undefined."""
    return scores.find.value(AUROC.key, target=MACRO)


def decodability(scores: ScoreFile) -> float:
    """Decodability from the features of validation patients, NaN where it is undefined."""
    return scores.find.value(DECODABILITY.key, layer=FEATURES, attribute=PROTECTED)


def describe(params: dict[str, object]) -> str:
    """Hyperparameters in a line, numbers at three significant digits."""
    words = [f"{k}={v:.3g}" if isinstance(v, float) else f"{k}={v}" for k, v in params.items()]
    return ", ".join(words)


def identity(config: RunConfig) -> str:
    """Hash of what makes two sweeps the same study: everything but the number of trials."""
    determinants = json.loads(config.model_dump_json(exclude={"runs_dir", "cache_dir", "logger", "test"}))
    determinants["sweep"].pop("trials")
    determinants["sweep"].pop("tolerance")
    return records.identity([plan(config).id, determinants])


def _with(config: RunConfig, cls: type, params: dict[str, object]) -> RunConfig:
    values = resolve(cls, {**config.method.hyperparameters, **params})
    chosen = config.method.model_copy(update={"hyperparameters": values})
    return config.model_copy(update={"method": chosen})


def _finished(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])


def _failures(study: optuna.Study) -> list[FrozenTrial]:
    """Trials that ran and failed by themselves, not those that an interruption left unfinished."""
    return [t for t in study.get_trials(deepcopy=False, states=[TrialState.FAIL]) if "error" in t.user_attrs]


def _remaining(study: optuna.Study, trials: int) -> Iterator[int]:
    """The numbers of the trials still to be run; one that failed by itself counts as run."""
    while (done := len(_finished(study)) + len(_failures(study))) < trials:
        yield done


def _clear_interrupted(study: optuna.Study, searched: Mapping[str, Tunable]) -> None:
    """Trials still marked as running belong to a process that is gone, since the lock is ours: queue them again.

    One that had not drawn all its values yet is drawn anew, and comes out the same.
    """
    for trial in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
        study.tell(trial.number, state=TrialState.FAIL)
        if set(trial.params) == set(searched):
            study.enqueue_trial(trial.params)


def _trial(study: optuna.Study, config: RunConfig, cls: type, searched: Mapping[str, Tunable], number: int) -> None:
    if number == 0 and not study.get_trials(deepcopy=False, states=[TrialState.WAITING]):
        # The method as its author set it is always among the candidates.
        study.enqueue_trial({name: tunable.default for name, tunable in searched.items()})
    # A sampler for each trial: its draws then do not depend on how many were drawn before in this process.
    seed = int(np.random.SeedSequence([config.sweep.seed, number]).generate_state(1)[0])
    study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=5)
    trial = study.ask()
    params = {name: tunable.suggest(name, trial) for name, tunable in searched.items()}
    say(f"Trial {number + 1} of {config.sweep.trials}: {describe(dict(params))}")
    try:
        outcome = run(_with(config, cls, dict(params)), ["val"])
    except BenchError as error:
        say(f"Trial {number + 1} failed: {error}")
        trial.set_user_attr("error", str(error))
        study.tell(trial, state=TrialState.FAIL)
        return
    scores = outcome.scores(config, "val")
    values = macro_auroc(scores), decodability(scores)
    trial.set_user_attr(_RECORD, outcome.record.run.id)
    if np.isnan(values).any():
        trial.set_user_attr("error", "a score is undefined on validation patients")
        study.tell(trial, state=TrialState.FAIL)
        return
    study.tell(trial, values)
    say(f"Trial {number + 1}: validation AUROC {values[0]:.3f}, decodability {values[1]:.3f}")
