"""How well a network diagnoses: every metric of every target and their mean, over everyone and in every group."""

from __future__ import annotations

import numpy as np

from bench.errors import BenchError
from bench.records import Score
from bench.scoring.evaluation import Evaluation
from bench.statistics.bootstrap import PatientBootstrap


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


def resample_thresholds(
    targets: np.ndarray, probabilities: np.ndarray, patients: np.ndarray, replicates: int, seed: int = 1
) -> np.ndarray:
    """The operating points that would have been chosen on other (validation) patients, by the patient bootstrap.

    The draws are others than those of test patients, and the same for every network.

    Args:
        targets, probabilities: as of :func:`choose_thresholds`.
        patients: codes ``(N,) int``.
        replicates: R of them.
        seed: of the draws.

    Returns:
        ``(T, R) float64``; NaN where a replicate holds one class of a target only.
    """
    chosen = []
    for labels, own in zip(targets.T, probabilities.T, strict=True):
        known = np.flatnonzero(~np.isnan(labels))
        bootstrap = PatientBootstrap(patients, replicates, seed)
        order = known[np.argsort(-own[known], kind="stable")]
        # From the lowest image of each probability on, everyone of it and above is called positive.
        last = np.append(np.diff(own[order]) != 0, True) if len(order) else np.zeros(0, dtype=bool)
        chosen.append(
            np.concatenate([_best(own[order], labels[order] == 1, last, one[order]) for one in bootstrap.chunks()])
        )
    return np.array(chosen)


def _best(scores: np.ndarray, positive: np.ndarray, last: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The threshold of the greatest Youden's J under each of R weightings ``(n, R)`` of images sorted from the top."""
    sums = np.cumsum(np.stack([weights * positive[:, None], weights * ~positive[:, None]]), axis=1)
    if not len(scores):
        return np.full(weights.shape[1], np.nan)
    total = sums[:, -1]
    true, false = sums[:, last]
    # Both counts times the other's total: whole numbers. Of equal J the lowest threshold, which comes last here.
    gain = (true * total[1] - false * total[0])[::-1]
    # A probability that nobody of the replicate has is no candidate.
    present = np.diff(true + false, axis=0, prepend=0)[::-1] > 0
    best = np.where(present, gain, -np.inf).argmax(axis=0)
    return np.where((total > 0).all(axis=0), scores[last][::-1][best], np.nan)


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
