"""How well a network diagnoses: every metric of every target and their mean, over everyone and in every group."""

from __future__ import annotations

import numpy as np

from bench.errors import BenchError
from bench.records import Score
from bench.scoring.evaluation import Evaluation


def choose_thresholds(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """The operating point of each target: the threshold with the greatest Youden's J on these (validation) images.

    J = sensitivity + specificity - 1 (Youden, 1950); an image is called positive when its probability is at least the
    threshold. The candidates are the observed probabilities. Of several that share the greatest J the lowest is taken,
    the most sensitive one.

    Args:
        targets: ``(N, T)``: 1, 0, NaN for unknown.
        probabilities: of a positive, ``(N, T)``.

    Returns:
        ``(T,) float64``; NaN for a target of which only one class is known.

    Raises:
        BenchError: when the shapes differ or a probability is NaN.
    """
    targets, probabilities = np.asarray(targets, dtype=float), np.asarray(probabilities, dtype=float)
    if targets.ndim != 2 or targets.shape != probabilities.shape:
        raise BenchError(
            "Thresholds are chosen from targets and probabilities of one shape (images, targets); "
            f"got {targets.shape} and {probabilities.shape}."
        )
    if np.isnan(probabilities).any():
        raise BenchError("Thresholds cannot be chosen: there are NaN among the predicted probabilities.")
    return np.array([_youden(*column) for column in zip(targets.T, probabilities.T, strict=True)], dtype=float)


def _youden(labels: np.ndarray, probabilities: np.ndarray) -> float:
    known = ~np.isnan(labels)
    positives, negatives = np.sort(probabilities[labels == 1]), np.sort(probabilities[labels == 0])
    if not len(positives) or not len(negatives):
        return float("nan")
    candidates = np.unique(probabilities[known])
    true = len(positives) - np.searchsorted(positives, candidates)
    false = len(negatives) - np.searchsorted(negatives, candidates)
    # J times both class sizes: whole numbers, so that equal J compare equal. argmax takes the first, the lowest.
    return float(candidates[np.argmax(true * len(negatives) - false * len(positives))])


def scores(evaluation: Evaluation) -> list[Score]:
    """The diagnosis scores: per metric, target (``macro`` for the mean over targets) and group.

    ``attribute`` and ``group`` are None over everyone. What is not scored has the value None and a note.
    """
    result = []
    for table in evaluation.tables:
        for m, metric in enumerate(evaluation.metrics):
            for (t, g), value in np.ndenumerate(table.values[m]):
                interval = evaluation.bootstrap.limits(
                    float(value), table.draws[m, t, g], biased="up" if metric.biased_up else None
                )
                result.append(
                    evaluation.score(
                        metric.key,
                        interval,
                        t,
                        table,
                        (int(table.images[t, g]), int(table.patients[t, g])),
                        table.groups[g],
                        table.notes[m, t, g],
                    )
                )
    return result
