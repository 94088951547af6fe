"""The trials of a sweep as Optuna keeps them, in one SQLite file that only the sweep's own process touches."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import optuna
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.pool import NullPool

from bench.method.hyperparameters import Tunable, Value
from bench.sweep.rule import OBJECTIVES

#: Attributes of a trial: the id of its run, and why it failed.
RECORD, _ERROR = "record", "error"


def open_study(storage: Path, name: str, searched: Mapping[str, Tunable]) -> optuna.Study:
    """The study that is kept in this file, or a new one.

    Trials still marked as running belong to a process that is gone, since their sweep is locked: they are queued again.
    One that had not drawn all its values yet is drawn anew, and comes out the same.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # Not as a URL, in which a path that holds "?", "#", "%" or "{" would be another.
    kept = optuna.storages.RDBStorage(
        "sqlite://", engine_kwargs={"creator": partial(sqlite3.connect, storage), "poolclass": NullPool}
    )
    study = optuna.create_study(
        storage=kept, study_name=name, directions=list(OBJECTIVES.values()), load_if_exists=True
    )
    study.set_user_attr("objectives", list(OBJECTIVES))
    for trial in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
        study.tell(trial.number, state=TrialState.FAIL)
        if set(trial.params) == set(searched):
            study.enqueue_trial(trial.params)
    return study


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that came to an end."""
    return study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])


def remaining(study: optuna.Study, trials: int) -> Iterator[int]:
    """The numbers of the trials still to be run; one that failed by itself counts as run, an interrupted one not."""

    def failed() -> int:
        states = study.get_trials(deepcopy=False, states=[TrialState.FAIL])
        return sum(_ERROR in trial.user_attrs for trial in states)

    while (done := len(finished(study)) + failed()) < trials:
        yield done


def ask(study: optuna.Study, searched: Mapping[str, Tunable], seed: int, number: int) -> tuple[Trial, dict[str, Value]]:
    """The next trial and its hyperparameters; they depend on the sweep's seed and on the finished trials only."""
    if number == 0 and not study.get_trials(deepcopy=False, states=[TrialState.WAITING]):
        # The method as its author set it is always among the candidates.
        study.enqueue_trial({name: tunable.kept(tunable.default) for name, tunable in searched.items()})
    # A sampler for each trial: its draws then do not depend on how many were drawn before in this process.
    drawn = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    study.sampler = optuna.samplers.TPESampler(seed=drawn, n_startup_trials=5)
    trial = study.ask()
    return trial, {name: tunable.suggest(name, trial) for name, tunable in searched.items()}


def fail(study: optuna.Study, trial: Trial, error: str) -> None:
    """Keep why a trial failed."""
    trial.set_user_attr(_ERROR, error)
    study.tell(trial, state=TrialState.FAIL)


def describe(params: Mapping[str, object]) -> str:
    """Hyperparameters in a line, numbers at three significant digits."""
    words = [f"{k}={v:.3g}" if isinstance(v, float) else f"{k}={v}" for k, v in params.items()]
    return ", ".join(words)
