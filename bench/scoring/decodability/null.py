"""What the reader finds where there is nothing: groups permuted over patients, all else the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.scoring.decodability.auroc import hand_till, log_odds
from bench.scoring.decodability.linear import LinearPath
from bench.scoring.decodability.ridge import Ridge, discriminants
from bench.scoring.decodability.splits import Fold

#: Every third decade of the ridge path: the null need not be read at each half-decade.
PENALTIES = Ridge.penalties[::6]
_AT_ONCE = 20


def permute(patient_groups: np.ndarray, folds: Sequence[Fold], permutations: int, seed: int) -> np.ndarray:
    """Each patient's group under permutation (B, P): exchanged among the patients tested in the same fold.

    So the folds stay stratified and every patient keeps one group throughout.
    """
    rng = np.random.default_rng((seed, 2))
    permuted = np.empty((permutations, len(patient_groups)), dtype=np.int64)
    for fold in folds:
        groups = np.broadcast_to(patient_groups[fold.test], (permutations, len(fold.test)))
        permuted[:, fold.test] = rng.permuted(groups, axis=1)
    return permuted


def permuted_readings(
    fit: tuple[np.ndarray, np.ndarray],
    select: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    variances: np.ndarray,
    n_groups: int,
) -> np.ndarray:
    """The ridge probe's macro one-vs-one test AUROC (B,) under B permutations, all on one decomposition.

    Args:
        fit: whitened coordinates (n, r) of the fit part and its images' permuted groups (B, n); ``select`` and ``test``
            likewise.
        variances: variance (r,) of the features along each coordinate.
        n_groups: K.
    """
    permutations = len(fit[1])
    readings = np.empty(permutations)
    for start in range(0, permutations, _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        paths, log_prevalences = _fit(fit[0], fit[1][block], variances, n_groups)
        on_select = paths.predict(select[0]).reshape(len(log_prevalences), len(PENALTIES), -1, n_groups)
        best = []
        for scores, groups, log_prevalence in zip(on_select, select[1][block], log_prevalences, strict=True):
            # NaN where chance left no two groups in the select part: any penalty is then as good as another.
            best.append(np.nan_to_num(hand_till(log_odds(scores - log_prevalence), groups)).argmax())
        chosen = np.arange(len(best)) * len(PENALTIES) + best
        on_test = LinearPath(paths.coefficients[chosen], paths.intercepts[chosen]).predict(test[0])
        odds = log_odds(on_test - log_prevalences[:, None])
        readings[block] = [hand_till(one[None], groups)[0] for one, groups in zip(odds, test[1][block], strict=True)]
    return readings


def _fit(
    whitened: np.ndarray, groups: np.ndarray, variances: np.ndarray, n_groups: int
) -> tuple[LinearPath, np.ndarray]:
    """Paths of b permutations, one after another (b · L, r, K), and log prevalences (b, K)."""
    onehot = np.eye(n_groups)[groups]  # (b, n, K)
    # A small group may by chance be absent from the fit part: half an image keeps its logarithm finite.
    counts = np.maximum(onehot.sum(axis=1), 0.5)
    sums = np.tensordot(whitened, onehot, axes=(0, 1))  # (r, b, K): one product for all permutations
    prevalences = counts / counts.sum(axis=1, keepdims=True)
    fits = [discriminants(sums[:, b] / counts[b], prevalences[b], variances, PENALTIES) for b in range(len(groups))]
    coefficients, intercepts = (np.concatenate(parts) for parts in zip(*fits, strict=True))
    return LinearPath(coefficients, intercepts), np.log(prevalences)
