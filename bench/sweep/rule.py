"""Which trial is chosen: the lowest decodability among those that diagnose about as well as the baseline."""

from __future__ import annotations

from typing import Literal

from optuna.trial import FrozenTrial

from bench.records import MACRO, NETWORK, PROTECTED, ScoreFile
from bench.scoring.catalogue import AUROC, DECODABILITY

#: What a trial is judged by on validation patients, and which way is better.
OBJECTIVES: dict[str, Literal["maximize", "minimize"]] = {"val_auroc": "maximize", "val_decodability": "minimize"}


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
    """Decodability from the network, on validation patients, NaN where it is undefined."""
    return scores.find.value(DECODABILITY.key, layer=NETWORK, attribute=PROTECTED)
