"""What the reader finds where there is nothing: groups permuted over patients, or drawn from what C tells of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import log_softmax

from bench.scoring.decodability.expansion import expand
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.overlap import PENALTIES, against, at_once
from bench.scoring.decodability.parallel import each
from bench.scoring.decodability.probes.linear import LinearPath
from bench.scoring.decodability.probes.ridge import discriminants
from bench.scoring.decodability.splits import Split
from bench.scoring.decodability.suite import Permutations
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import one_vs_one
from bench.statistics.multinomial import fit_path
from bench.task import Confounder

_TOGETHER = 20


def permuted(sample: Sample, count: int, seed: int) -> np.ndarray:
    """Each patient's group ``(B, P) int`` in B permutations over all patients, whatever C."""
    rng = np.random.default_rng((seed, 2))
    return rng.permuted(np.broadcast_to(sample.patient_groups, (count, len(sample.patient_groups))), axis=1)


def drawn(sample: Sample, log_e: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Each patient's group ``(B, P) int`` in B draws from the propensities log_e (N, K), the mean of its images'."""
    rng = np.random.default_rng((seed, 9))
    images = np.bincount(sample.patients)
    of_patient = np.stack([np.bincount(sample.patients, column) / images for column in log_e.T], axis=1)
    noise = rng.gumbel(size=(count, *of_patient.shape))
    found: np.ndarray = (of_patient + noise).argmax(axis=2)
    return found


def propensities(sample: Sample, confounders: Sequence[Confounder]) -> np.ndarray:
    """log e_k(C) of every image ``(N, K)``, from all patients at once: what groups are drawn from, not what is read."""
    design, _ = expand(confounders, int(np.bincount(sample.patient_groups).min()))
    fitted = fit_path(design, sample.groups, len(sample.names), PENALTIES[-1:])[0]
    return fitted.log_posteriors(design)


def null_values(
    sample: Sample,
    splits: Sequence[Split],
    whitenings: Sequence[Whitening],
    permutations: Permutations,
    seed: int,
    side_by_side: int = 1,
    log_e: np.ndarray | None = None,
) -> np.ndarray:
    """The ridge probe's macro one-vs-one test AUROC (B,), mean over splits, where groups are dealt anew.

    Read as in use but for what would have to be done anew in every draw: of all probes the ridge path alone, in the
    coordinates of the real reading. Given C, overlap weights are those of the propensities that groups were drawn from.

    Args:
        sample: N images of K groups.
        splits: who fits, selects and is tested.
        whitenings: learnt on each split's fit part; no permutation touches them.
        permutations: how many, of both kinds, and the penalties.
        seed: of what is drawn.
        side_by_side: splits read at a time.
        log_e: propensities (N, K) from which groups are drawn; None: groups are permuted over patients.
    """
    if log_e is None:
        dealt = permuted(sample, permutations.count, seed)
    else:
        dealt = drawn(sample, log_e, permutations.draws, seed)
    images = dealt[:, sample.patients]

    def one(number: int) -> np.ndarray:
        split, whitening = splits[number], whitenings[number]
        parts = [sample.rows(part) for part in (split.fit, split.select, split.test)]
        coordinates = [whitening.transform(sample.features, rows) for rows in parts]
        groups = [images[:, rows] for rows in parts]
        given = None if log_e is None else [log_softmax(log_e[rows], axis=1) for rows in parts]
        return _read(
            coordinates, groups, given, whitening.variances, len(sample.names), np.array(permutations.penalties)
        )

    values: np.ndarray = np.mean(each(one, range(len(splits)), side_by_side), axis=0)
    return values


def _read(
    coordinates: Sequence[np.ndarray],
    groups: Sequence[np.ndarray],
    log_e: Sequence[np.ndarray] | None,
    variances: np.ndarray,
    n_groups: int,
    penalties: np.ndarray,
) -> np.ndarray:
    """Test AUROCs (B,) from the coordinates (n, r), groups (B, n) and propensities (n, K) of fit, select and test."""
    fit, select, test = coordinates
    readings = np.empty(len(groups[0]))

    def judge(scores: np.ndarray, truth: np.ndarray, part: int) -> np.ndarray:
        return one_vs_one(scores, truth, None if log_e is None else against(log_e[part], truth))

    for start in range(0, len(readings), _TOGETHER):
        block = slice(start, start + _TOGETHER)
        weights = None if log_e is None else np.take_along_axis(at_once(log_e[0]).T, groups[0][block], axis=0)
        paths = _fit(fit, groups[0][block], weights, variances, n_groups, penalties)
        on_select = paths.predict(select).reshape(-1, len(penalties), len(select), n_groups)
        best = []
        for scores, truth in zip(on_select, groups[1][block], strict=True):
            # NaN where chance left no two groups in the select part: any penalty is then as good as another.
            best.append(np.nan_to_num(judge(scores, truth, 1)).argmax())
        chosen = np.arange(len(best)) * len(penalties) + best
        on_test = LinearPath(paths.coefficients[chosen], paths.intercepts[chosen]).predict(test)
        readings[block] = [judge(one[None], truth, 2)[0] for one, truth in zip(on_test, groups[2][block], strict=True)]
    return readings


def _fit(
    whitened: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray | None,
    variances: np.ndarray,
    n_groups: int,
    penalties: np.ndarray,
) -> LinearPath:
    """Paths of b draws of groups (b, n), one after another (b · L, r, K); ``weights`` (b, n) of the images."""
    onehot = np.eye(n_groups)[groups]  # (b, n, K)
    if weights is not None:
        onehot *= (weights / weights.mean(axis=1, keepdims=True))[:, :, None]
    # A small group may by chance be absent from the fit part: half an image keeps its logarithm finite.
    counts = np.maximum(onehot.sum(axis=1), 0.5)
    sums = np.tensordot(
        whitened, onehot.astype(whitened.dtype), axes=(0, 1)
    )  # (r, b, K): one product for all permutations
    prevalences = counts / counts.sum(axis=1, keepdims=True)
    fits = []
    for b in range(len(groups)):
        means = sums[:, b] / counts[b]
        # Coordinates have mean 0 when all images weigh the same, and means count from that of all groups.
        means = means - (means @ prevalences[b])[:, None]
        fits.append(discriminants(means, prevalences[b], variances, penalties))
    coefficients, intercepts = (np.concatenate(parts) for parts in zip(*fits, strict=True))
    return LinearPath(coefficients, intercepts)
