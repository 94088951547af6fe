"""Overlap weights: under them groups are alike in C, and images that have no like in another group count for nothing.

With e_k(C) the propensity, the share of group k among images with C, an image of group k weighs e_l / (e_k + e_l) where
it is held against group l (Li, Morgan & Zaslavsky, 2018), and (1 / e_k) / Σ_j (1 / e_j) where all groups are fitted at
once (Li & Li, 2019). What depends on C alone then has the same distribution in all groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from bench.scoring.decodability.estimates import by_patient
from bench.scoring.decodability.expansion import PER_COLUMN
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.splits import Split, deal
from bench.statistics.auroc import Contest, decide_all, pairs
from bench.statistics.multinomial import Multinomial, fit_path

#: Ridge penalties of the propensity, in units of the mean loss of an image. A penalty leaves some of what C tells to be
#: read, so the weakest is used where patients are many to a column (:data:`.expansion.PER_COLUMN`); else held-out
#: patients choose.
PENALTIES = (1.0, 0.1, 0.01, 1e-3, 1e-4)
#: Parts that the patients who fit and select are divided into for their own propensities.
_PARTS = 4
#: Where two groups keep less than this share of the weight that they would have if C told nothing of them, they have no
#: overlap and are not compared.
LITTLE = 0.02


@dataclass(frozen=True)
class Propensity:
    """log e_k(C) of every image in one split, ``(N, K)``, each from patients other than its own.

    Images of the fit and the select part have theirs from a model of the other patients of these two parts, by four
    folds; those of the test part from ``model``, which saw all patients of fit and select. So neither what probes learn
    nor what the test part weighs hangs on groups of the test part: were all patients to stand for each other, a surplus
    of a group at some C in fit would be a lack of it in test, and where there is nothing to read less than .5 be read.
    """

    log_e: np.ndarray
    model: Multinomial
    design: np.ndarray
    learnt_from: np.ndarray


def at_once(log_e: np.ndarray) -> np.ndarray:
    """What an image weighs in each group ``(n, K)`` where all are fitted at once, of propensities (n, K)."""
    found: np.ndarray = softmax(-log_e, axis=1)
    return found


def against(log_e: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """What an image weighs against each group ``(n, K)``: e_l / (e_k + e_l), of propensities (n, K) and groups (n,)."""
    own = log_e[np.arange(len(groups)), groups]
    found: np.ndarray = expit(log_e - own[:, None])
    return found


def propensity(sample: Sample, split: Split, design: np.ndarray, seed: int) -> Propensity:
    """The propensities of one split.

    Args:
        sample: N images of K groups.
        split: its parts of patients.
        design: the columns of C (N, p), standardised.
        seed: of the division of fit and select into four folds.
    """
    known = np.sort(np.concatenate([split.fit, split.select]))
    rng = np.random.default_rng((seed, 8))
    part = deal(sample.patient_groups[known], sample.patient_strata[known], _PARTS, rng)
    rows = sample.rows(known)
    n_groups, groups = len(sample.names), sample.groups
    ample = design.shape[1] * PER_COLUMN <= np.bincount(sample.patient_groups).min()
    penalties = PENALTIES[-1:] if ample else PENALTIES
    held_out = np.empty((len(penalties), len(groups), n_groups))
    for number in range(_PARTS):
        inside = np.isin(sample.patients[rows], known[part == number])
        mine, others = rows[inside], rows[~inside]
        for at, fitted in enumerate(fit_path(design[others], groups[others], n_groups, penalties)):
            held_out[at, mine] = fitted.log_posteriors(design[mine])
    best = _weakest(-held_out[:, rows, groups[rows]])
    model = fit_path(design[rows], groups[rows], n_groups, penalties[: best + 1])[-1]
    log_e = held_out[best]
    test = sample.rows(split.test)
    log_e[test] = model.log_posteriors(design[test])
    return Propensity(log_e, model, design, rows)


def weighted_auroc(
    sample: Sample, rows: np.ndarray, log_posteriors: np.ndarray, found: Propensity
) -> tuple[float, np.ndarray]:
    """Mean AUROC over pairs of test images under overlap weights, and its influence by patient ``(P,)``.

    The propensity is estimated, and whoever it was learnt from moves the AUROC through the weights: to the influence of
    the test images under these weights is added, for each image that the model saw, the derivative of the AUROC by the
    model's coefficients times what the image adds to them.

    Args:
        sample: N images of K groups.
        rows: the test images (n,).
        log_posteriors: of these (n, K).
        found: the propensities of the split.

    Returns:
        NaN and zeros where no two groups overlap.
    """
    groups = sample.groups[rows]
    contests = comparable(pairs(log_posteriors, groups, against(found.log_e[rows], groups)))
    value, influence = decide_all(contests)
    total = by_patient(sample, rows, influence)
    if np.isnan(value):
        return value, total
    gradient = _by_coefficients(contests, groups, found, rows)
    moved = found.model.moved_by_rows(found.design[found.learnt_from], sample.groups[found.learnt_from], gradient)
    return value, total + by_patient(sample, found.learnt_from, moved)


def _weakest(losses: np.ndarray) -> int:
    """The weakest penalty that is no worse than the best by more than chance: position among losses (L, n) of images.

    The loss of the one chosen is within one standard error of the least, image by image.
    """
    beyond = losses - losses[losses.mean(axis=1).argmin()]
    error = beyond.std(axis=1) / np.sqrt(losses.shape[1])
    return int(np.flatnonzero(beyond.mean(axis=1) <= error).max())


def kept(contest: Contest) -> float:
    """The share of the weight that is kept of what two groups would have if C told nothing of them, 0 to 1.

    An image of k would weigh n_l / (n_k + n_l) then. The smaller of the two groups' shares.
    """
    n, m = int(contest.positive.sum()), int(contest.negative.sum())
    if not (n and m) or contest.weights is None:
        return 1.0
    shares = (
        contest.weights[contest.positive].mean() * (n + m) / m,
        contest.weights[contest.negative].mean() * (n + m) / n,
    )
    return float(min(1.0, *shares))


def effective(contest: Contest) -> float:
    """Kish's effective number of images of a contest, group by group, as a share of their number."""
    if contest.weights is None:
        return 1.0
    sides = [contest.weights[side] for side in (contest.positive, contest.negative) if side.any()]
    return float(sum(one.sum() ** 2 / np.square(one).sum() for one in sides) / max(1, sum(map(len, sides))))


def comparable(contests: Sequence[Contest]) -> list[Contest]:
    """The contests, those without overlap with weights of 0, so that they are undefined."""
    return [
        one if kept(one) >= LITTLE else Contest(one.scores, one.positive, one.negative, np.zeros(len(one.scores)))
        for one in contests
    ]


def _by_coefficients(
    contests: Sequence[Contest], groups: np.ndarray, found: Propensity, rows: np.ndarray
) -> np.ndarray:
    """Derivative of the mean AUROC by the coefficients of the propensity's model, ``(1 + p, K - 1)``."""
    n_groups = found.log_e.shape[1]
    by_scores = np.zeros((len(rows), n_groups))  # by the log propensities, up to a constant
    defined = 0
    numbered = [(k, m) for k in range(n_groups) for m in range(k + 1, n_groups)]
    for (k, m), contest in zip(numbered, contests, strict=True):
        value, influence = decide_all([contest])
        if np.isnan(value) or contest.weights is None:
            continue
        defined += 1
        # influence = weight × derivative by the weight, and the weight of an image of k is expit(log e_m - log e_k).
        own = influence * (1 - contest.weights)
        by_scores[:, k] += np.where(groups == k, -own, own)
        by_scores[:, m] += np.where(groups == k, own, -own)
    by_scores /= max(defined, 1)
    design = found.design[rows]
    return np.vstack([by_scores.sum(axis=0), design.T @ by_scores])[:, :-1]
