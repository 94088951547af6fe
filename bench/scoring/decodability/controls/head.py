"""Is what the head diagnoses from in the features as others see them? Three signs that it is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

from bench.records.outputs import Outputs
from bench.scoring.decodability import flags
from bench.scoring.decodability.splits import patient_splits
from bench.scoring.decodability.suite import Suite
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import Contest, decide

#: Macro AUROC that the diagnosis may lose on its way through the channel. Of seventeen honest networks none lost .0004
#: (docs/decodability.md).
CHANNEL_LOSS = 0.002
#: Share of the variance of each of the head's logits that others can make out from its features. A linear head's is 1.
FOLLOWED = 0.85
#: Share of images in which a grey level may move a feature far. In honest networks it is none.
UNSTEADY = 0.05
#: One-sided 95%.
_SURE = 1.645
#: Penalties of the two followers, relative to a direction's variance; the nonlinear one's widths, in distances that
#: are usual between images; how many directions and images it goes by, since it holds a number a pair of images.
_PENALTIES = 10.0 ** np.arange(-6, 3)
_WIDTHS, _DIRECTIONS, _IMAGES = (0.5, 1.0, 2.0), 64, 2000
#: Logits whose spread is below this are the same for all.
_CONSTANT = 1e-6


def signs(found: Outputs, targets: np.ndarray, columns: Sequence[int], patients: np.ndarray, suite: Suite) -> list[str]:
    """The flags of a head, of what a network computed.

    Args:
        found: by the network, for N images.
        targets: labels (N, T), NaN for unknown.
        columns: where their logits stand among the network's.
        patients: patient codes (N,) int.
        suite: how patients are divided.
    """
    raised, own = [], list(columns)
    direct = found.logits if found.direct is None else found.direct
    if is_lost(channel_loss(targets, direct[:, own], found.logits[:, own], patients)):
        raised.append(flags.CHANNEL_LOSS)
    read = found.features if found.stored is None else found.stored
    if found.told is not None:
        # Such a head may read the features of each group in a way of its own.
        each = (found.told[:, None] == np.unique(found.told)).astype(read.dtype)
        read = np.hstack([read, each, *(read * of[:, None] for of in each.T)])
    if followed(read, found.logits, patients, suite) < FOLLOWED:
        raised.append(flags.OPAQUE_HEAD)
    if found.unsteady is not None and found.unsteady > UNSTEADY:
        raised.append(flags.BRITTLE)
    return raised


def channel_loss(
    targets: np.ndarray, direct: np.ndarray, logits: np.ndarray, patients: np.ndarray
) -> tuple[float, float]:
    """Macro AUROC of the logits that a network makes at once less that of those behind the channel, and its error.

    Args:
        targets: labels (N, T), NaN for unknown.
        direct: logits (N, T) without the channel.
        logits: logits (N, T) through it.
        patients: patient codes (N,) int, by whom the error is clustered.

    Returns:
        The mean over targets that have both classes, and its standard error; NaN and 0 where none has.
    """
    codes = np.unique(patients, return_inverse=True)[1]
    values, influence = [], np.zeros(codes.max(initial=-1) + 1)
    for target, one, other in zip(targets.T, direct.T, logits.T, strict=True):
        known = np.flatnonzero(~np.isnan(target))
        if len(np.unique(target[known])) == 2:
            (a, moves_a), (b, moves_b) = (
                decide(Contest(scores[known], target[known] == 1, target[known] == 0)) for scores in (one, other)
            )
            values.append(a - b)
            np.add.at(influence, codes[known], moves_a - moves_b)
    if not values:
        return float("nan"), 0.0
    return float(np.mean(values)), float(np.sqrt(np.square(influence / len(values)).sum()))


def is_lost(loss: tuple[float, float]) -> bool:
    """Whether more is lost than an honest head loses, and more than chance explains (one-sided 95%)."""
    value, error = loss
    return value > CHANNEL_LOSS and value > _SURE * error


def followed(features: np.ndarray, logits: np.ndarray, patients: np.ndarray, suite: Suite) -> float:
    """The least share of the variance of a logit that a fresh reader of the features makes out, on other patients.

    A ridge regression on all directions and, where that does not do, kernel ridge regression on the leading ones:
    whatever is a smooth function of the features they come near to. What has to be deciphered they do not.

    Args:
        features: what the head reads (N, D).
        logits: what it makes of them (N, T).
        patients: patient codes (N,) int.
        suite: how patients are divided.

    Returns:
        The least over logits of the mean over splits; 1 where every logit is constant.
    """
    codes = np.unique(patients, return_inverse=True)[1]
    nobody = np.zeros(codes.max() + 1, dtype=np.int64)
    varied = logits[:, logits.std(axis=0) > _CONSTANT].astype(np.float64)
    if not varied.shape[1]:
        return 1.0
    shares = []
    for split in patient_splits(nobody, nobody, suite.folds):
        fit, select, test = (np.flatnonzero(np.isin(codes, part)) for part in (split.fit, split.select, split.test))
        whitening = Whitening.fit(features, fit)
        if not whitening.rank:
            return 0.0
        parts = [whitening.transform(features, rows).astype(np.float64) for rows in (fit, select, test)]
        found = _made_out(_ridge(parts, whitening.variances, varied[fit]), varied, select, test)
        if found.min() < FOLLOWED:
            found = np.maximum(found, _made_out(_kernel(parts, whitening.variances, varied[fit]), varied, select, test))
        shares.append(found)
    return float(np.mean(shares, axis=0).min())


#: What followers of several settings say: of the select rows and of the test rows, ``(settings, n, T)`` each.
_Said = tuple[np.ndarray, np.ndarray]


def _made_out(said: _Said, logits: np.ndarray, select: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Of each logit the share of its variance on test rows, ``(T,)``, by the setting that is best on select rows."""
    best = np.square(said[0] - logits[select]).sum(axis=1).argmin(axis=0)
    chosen = said[1][best, :, np.arange(logits.shape[1])].T
    rest = np.square(chosen - logits[test]).sum(axis=0)
    share: np.ndarray = 1 - rest / np.square(logits[test] - logits[test].mean(axis=0)).sum(axis=0).clip(1e-12)
    return share


def _ridge(parts: list[np.ndarray], variances: np.ndarray, logits: np.ndarray) -> _Said:
    fit, select, test = parts
    mean = logits.mean(axis=0)
    slopes = fit.T @ (logits - mean) / len(fit)
    shrink = variances / (variances + _PENALTIES[:, None])
    paths = shrink[:, :, None] * slopes
    return select @ paths + mean, test @ paths + mean


def _kernel(parts: list[np.ndarray], variances: np.ndarray, logits: np.ndarray) -> _Said:
    # In the features' own proportions: whitened, their noise would be as far apart as what they say.
    leading = np.sqrt(variances[:_DIRECTIONS])
    fit, select, test = (part[:, :_DIRECTIONS] * leading for part in parts)
    fit, logits = fit[:_IMAGES], logits[:_IMAGES]
    mean = logits.mean(axis=0)
    between = cdist(fit, fit, "sqeuclidean")
    usual = np.median(between)
    on_select, on_test = [], []
    for width in _WIDTHS:
        scale = 2 * width**2 * usual
        kernel, toward = (
            np.exp(-between / scale),
            [np.exp(-cdist(rows, fit, "sqeuclidean") / scale) for rows in (select, test)],
        )
        for penalty in _PENALTIES[_PENALTIES >= 1e-4]:
            weights = cho_solve(cho_factor(kernel + penalty * np.eye(len(fit))), logits - mean)
            on_select.append(toward[0] @ weights + mean)
            on_test.append(toward[1] @ weights + mean)
    return np.stack(on_select), np.stack(on_test)
