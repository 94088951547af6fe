"""How much each patient moves a score: what paired comparisons of networks on the same patients are made of.

With ψ the influence values of a score (they sum to 0), Σ ψ² is its variance, and Σ (ψ_a - ψ_b)² that of the difference
of two networks' scores on the same patients (DeLong et al., 1988; summed by patient, Obuchowski, 1997).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import norm

from bench.records import MACRO
from bench.records.score import label
from bench.scoring.catalogue import AUROC, BRIER, DECODABILITY, GIVEN_DIAGNOSIS
from bench.scoring.decodability.result import Decodability
from bench.scoring.evaluation import Evaluation
from bench.statistics.auroc import Contest, decide

#: Influence values by the score's label, each (P,) over the patient codes 0 … P-1 of the arena's cohort.
Influence = Mapping[str, np.ndarray]


def of_diagnosis(evaluation: Evaluation) -> dict[str, np.ndarray]:
    """Influence values of the AUROC and the Brier score of each target, and of their means over targets."""
    patients = np.unique(evaluation.bootstrap.patients, return_inverse=True)[1]
    found: dict[str, np.ndarray] = {}
    for metric, function in ((AUROC.key, _auroc), (BRIER.key, _brier)):
        by_target = {}
        for t, target in enumerate(evaluation.names):
            rows = np.flatnonzero(evaluation.known(t))
            values = function(evaluation.probabilities[rows, t], evaluation.targets[rows, t] == 1)
            if values is not None:
                by_target[target] = np.bincount(patients[rows], values, minlength=int(patients.max()) + 1)
        if by_target:
            by_target[MACRO] = np.mean(list(by_target.values()), axis=0)
        found |= {label(metric, target=target): values for target, values in by_target.items()}
    return found


def diagnoses(truth: np.ndarray, scores: np.ndarray, patients: np.ndarray) -> bool:
    """Whether a network diagnoses at all: the lower 95% limit of its macro AUROC lies above chance.

    Args:
        truth: labels (N, T), NaN for unknown.
        scores: of a positive (N, T).
        patients: patient codes (N,) int.
    """
    owners = np.unique(patients, return_inverse=True)[1]
    values, influences = [], []
    for labels, own in zip(truth.T, scores.T, strict=True):
        known = np.flatnonzero(~np.isnan(labels))
        value, influence = decide(Contest(own[known], labels[known] == 1, labels[known] == 0))
        if not np.isnan(value):
            values.append(value)
            influences.append(np.bincount(owners[known], influence, minlength=int(owners.max()) + 1))
    if not values:
        return False
    error = float(np.sqrt((np.mean(influences, axis=0) ** 2).sum()))
    return bool(np.mean(values) - norm.ppf(0.975) * error > 0.5)


def of_reading(found: Decodability, attribute: str, patients: int) -> dict[str, np.ndarray]:
    """Influence values of what is read of a layer, and given the diagnosis; 0 for patients whose group is unknown.

    Args:
        found: what was read.
        attribute: as in the score.
        patients: P of the arena's cohort, whose codes the reading was given.
    """
    read = {DECODABILITY.key: found.influence}
    if found.given_diagnosis is not None:
        read[GIVEN_DIAGNOSIS.key] = found.given_diagnosis.influence
    made = {}
    for key, influence in read.items():
        made[label(key, layer=found.layer, attribute=attribute)] = values = np.zeros(patients)
        values[found.patient_codes] = influence
    return made


def _auroc(scores: np.ndarray, positive: np.ndarray) -> np.ndarray | None:
    value, influence = decide(Contest(scores, positive, ~positive))
    return None if np.isnan(value) else influence


def _brier(scores: np.ndarray, positive: np.ndarray) -> np.ndarray | None:
    if not len(scores):
        return None
    losses = (scores - positive) ** 2
    influence: np.ndarray = (losses - losses.mean()) / len(losses)
    return influence
