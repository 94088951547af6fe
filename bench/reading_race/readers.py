"""Reading a group from numbers, a row an image: fitted on training patients, chosen on validation, read on test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import log_softmax

from bench.scoring.decodability.probes.logistic import Logistic
from bench.scoring.decodability.probes.probe import Training
from bench.scoring.decodability.probes.trees import Trees
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import against_rest, decide_all
from bench.task import Cohort

#: Candidates for the images that a leaf of the forest must hold, and its trees.
_LEAVES, _TREES = (5, 20, 80), 200

#: From numbers ``(N, d)`` of a cohort's images to log posteriors ``(n, K)`` of its test images.
Reader = Callable[[np.ndarray, Cohort, int], np.ndarray]


def design(table: pd.DataFrame, columns: Sequence[str], train: np.ndarray) -> np.ndarray:
    """Columns of a table as numbers ``(N, d)``: an indicator a category, unknown being one; numbers as they are.

    An unknown number is the mean of the training rows (``train``, bool) and has an indicator beside it.
    """
    parts: list[np.ndarray] = []
    for name in columns:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column):
            values = column.to_numpy(dtype=float)
            unknown = np.isnan(values)
            known = values[train & ~unknown]
            parts.append(np.where(unknown, known.mean() if len(known) else 0.0, values))
            parts += [unknown.astype(float)] if unknown.any() else []
        else:
            codes = pd.Categorical(column).codes
            parts += [(codes == code).astype(float) for code in np.unique(codes)]
    return np.stack(parts, axis=1)


def logistic(numbers: np.ndarray, cohort: Cohort, seed: int = 0) -> np.ndarray:
    """Multinomial logistic regression on whitened numbers; the penalty is the one with the best AUROC on validation."""
    rows = _rows(cohort)
    whitening = Whitening.fit(numbers, rows["train"])
    if whitening.rank == 0:
        return np.zeros((len(rows["test"]), len(cohort.spec.targets)))
    fit, val, test = (whitening.transform(numbers, rows[split]) for split in ("train", "val", "test"))
    path = Logistic.fit(_training(fit, val, cohort, rows, whitening.variances, seed))
    read: np.ndarray = path.predict(test)[_best(path.predict(val), cohort.groups[rows["val"]])]
    return read


def forest(numbers: np.ndarray, cohort: Cohort, seed: int = 0) -> np.ndarray:
    """A random forest of 200 trees; the size of its leaves is the one with the best AUROC on validation."""
    from sklearn.ensemble import RandomForestClassifier

    rows = _rows(cohort)
    candidates = []
    for leaf in _LEAVES:
        model = RandomForestClassifier(_TREES, min_samples_leaf=leaf, random_state=seed, n_jobs=-1)
        model.fit(numbers[rows["train"]], cohort.groups[rows["train"]])
        model.n_jobs = 1  # threads would add the trees' votes in an order of their own
        candidates.append([_log(model.predict_proba(numbers[rows[split]])) for split in ("val", "test")])
    best = _best(np.stack([val for val, _ in candidates]), cohort.groups[rows["val"]])
    return candidates[best][1]


def trees(numbers: np.ndarray, cohort: Cohort, seed: int = 0) -> np.ndarray:
    """Gradient-boosted trees (LightGBM), stopped early on validation."""
    rows = _rows(cohort)
    fit, val, test = (numbers[rows[split]] for split in ("train", "val", "test"))
    trees = Trees.fit(_training(fit, val, cohort, rows, np.ones(fit.shape[1]), seed))
    read: np.ndarray = trees.predict(test)[0]
    return read


READERS: Mapping[str, Reader] = {"logistic regression": logistic, "random forest": forest, "boosted trees": trees}


def _rows(cohort: Cohort) -> dict[str, np.ndarray]:
    split = cohort.table["split"].to_numpy()
    return {name: np.flatnonzero(split == name) for name in ("train", "val", "test")}


def _training(
    fit: np.ndarray, val: np.ndarray, cohort: Cohort, rows: dict[str, np.ndarray], variances: np.ndarray, seed: int
) -> Training:
    groups = cohort.groups
    weights = np.ones(len(fit))
    names = len(cohort.spec.targets)
    return Training(fit, groups[rows["train"]], weights, variances, val, groups[rows["val"]], names, seed)


def _best(log_posteriors: np.ndarray, groups: np.ndarray) -> int:
    """Which of several settings ``(L, n, K)`` reads these images best, by the mean one-vs-rest AUROC."""
    values = [decide_all(against_rest(one, groups))[0] for one in log_softmax(log_posteriors, axis=-1)]
    return int(np.nanargmax(values))


def _log(probabilities: np.ndarray) -> np.ndarray:
    logs: np.ndarray = np.log(np.clip(probabilities, 1e-9, None))
    return logs
