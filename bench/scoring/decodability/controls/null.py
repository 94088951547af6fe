"""What the reader finds where there is nothing beyond C: groups permuted over patients who are alike in C."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.parallel import each
from bench.scoring.decodability.probes.linear import LinearPath
from bench.scoring.decodability.probes.ridge import discriminants
from bench.scoring.decodability.splits import Split
from bench.scoring.decodability.suite import Permutations
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import one_vs_one

_AT_ONCE = 20


def permute(sample: Sample, permutations: Permutations, seed: int) -> np.ndarray:
    """Each patient's group under permutation ``(B, P) int``: exchanged among patients of one stratum.

    A patient's stratum is the joint pattern of C that most of his or her images have; small strata are taken
    together. What race has to do with C stays as it is.
    """
    rng = np.random.default_rng((seed, 2))
    sizes = np.bincount(sample.patient_strata)[sample.patient_strata]
    strata = np.where(sizes < permutations.min_stratum, -1, sample.patient_strata)
    permuted = np.empty((permutations.count, len(strata)), dtype=np.int64)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        groups = np.broadcast_to(sample.patient_groups[members], (permutations.count, len(members)))
        permuted[:, members] = rng.permuted(groups, axis=1)
    return permuted


def permuted_values(
    sample: Sample,
    splits: Sequence[Split],
    whitenings: Sequence[Whitening],
    permutations: Permutations,
    seed: int,
    at_once: int = 1,
) -> np.ndarray:
    """The ridge probe's macro one-vs-one test AUROC (B,), mean over splits, under B permutations of the groups.

    Args:
        sample: N images of K groups.
        splits: who fits, selects and is tested.
        whitenings: learnt on each split's fit part; no permutation touches them.
        permutations: how many, and the penalties.
        seed: of the permutations.
        at_once: splits read at a time.
    """
    images = permute(sample, permutations, seed)[:, sample.patients]

    def one(number: int) -> np.ndarray:
        split, whitening = splits[number], whitenings[number]
        parts = [sample.rows(part) for part in (split.fit, split.select, split.test)]
        coordinates = [whitening.transform(sample.features, rows) for rows in parts]
        groups = [images[:, rows] for rows in parts]
        return _read(coordinates, groups, whitening.variances, len(sample.names), np.array(permutations.penalties))

    values: np.ndarray = np.mean(each(one, range(len(splits)), at_once), axis=0)
    return values


def _read(
    coordinates: Sequence[np.ndarray],
    groups: Sequence[np.ndarray],
    variances: np.ndarray,
    n_groups: int,
    penalties: np.ndarray,
) -> np.ndarray:
    """Test AUROCs (B,) from the coordinates (n, r) and permuted groups (B, n) of the fit, select and test part."""
    fit, select, test = coordinates
    readings = np.empty(len(groups[0]))
    for start in range(0, len(readings), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        paths = _fit(fit, groups[0][block], variances, n_groups, penalties)
        on_select = paths.predict(select).reshape(-1, len(penalties), len(select), n_groups)
        best = []
        for scores, truth in zip(on_select, groups[1][block], strict=True):
            # NaN where chance left no two groups in the select part: any penalty is then as good as another.
            best.append(np.nan_to_num(one_vs_one(scores, truth)).argmax())
        chosen = np.arange(len(best)) * len(penalties) + best
        on_test = LinearPath(paths.coefficients[chosen], paths.intercepts[chosen]).predict(test)
        readings[block] = [
            one_vs_one(one[None], truth)[0] for one, truth in zip(on_test, groups[2][block], strict=True)
        ]
    return readings


def _fit(
    whitened: np.ndarray, groups: np.ndarray, variances: np.ndarray, n_groups: int, penalties: np.ndarray
) -> LinearPath:
    """Paths of b permutations, one after another (b · L, r, K)."""
    onehot = np.eye(n_groups)[groups]  # (b, n, K)
    # A small group may by chance be absent from the fit part: half an image keeps its logarithm finite.
    counts = np.maximum(onehot.sum(axis=1), 0.5)
    sums = np.tensordot(
        whitened, onehot.astype(whitened.dtype), axes=(0, 1)
    )  # (r, b, K): one product for all permutations
    prevalences = counts / counts.sum(axis=1, keepdims=True)
    fits = [discriminants(sums[:, b] / counts[b], prevalences[b], variances, penalties) for b in range(len(groups))]
    coefficients, intercepts = (np.concatenate(parts) for parts in zip(*fits, strict=True))
    return LinearPath(coefficients, intercepts)
