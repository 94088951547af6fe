"""Do the declared features hold what the diagnosis rests on? If not, their decodability is beside the point."""

from __future__ import annotations

import numpy as np

from bench.scoring.decodability.estimates import Design, Estimate, combine
from bench.scoring.decodability.probes.probe import Training
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.splits import patient_splits
from bench.scoring.decodability.suite import Suite
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import Contest, decide


def shortfall(
    features: np.ndarray, targets: np.ndarray, own: np.ndarray, patients: np.ndarray, suite: Suite, seed: int = 0
) -> Estimate:
    """Macro AUROC of the method's own scores less that of a fresh linear probe for the label, on the same test images.

    Divided like :func:`bench.scoring.decodability.decode`: the probe is fitted on 60% of the patients, its penalty
    chosen on 15% and read on 25%, five times. It is fitted to the labels and, since that takes many images, also to the
    method's own logits, which hold no noise; the select part decides. A method whose head reads its declared features
    loses little; one that declares features its head does not read cannot be followed.

    Args:
        features: declared features (N, D).
        targets: labels (N, T), NaN for unknown.
        own: the method's logits (N, T).
        patients: patient codes (N,) int.
        suite: how patients are divided, and what may be lacking.
        seed: of the splits.

    Returns:
        The mean over splits of the mean over targets that have both classes in each part; NaN where none has.
    """
    ids, codes = np.unique(patients, return_inverse=True)
    nobody = np.zeros(len(ids), dtype=np.int64)
    design = Design(nobody, patient_splits(nobody, nobody, suite.folds, seed))
    parts = []
    for split in design.splits:
        rows = [np.flatnonzero(np.isin(codes, part)) for part in (split.fit, split.select, split.test)]
        found = []
        for target, scores in zip(targets.T, own.T, strict=True):
            known = [part[~np.isnan(target[part])] for part in rows]
            if all(len(np.unique(target[part])) == 2 for part in known):
                value, influence = _difference(features, target, scores, suite.insufficient, *known)
                found.append((value, np.bincount(codes[known[2]], influence, minlength=len(ids))))
        if found:
            values, influences = zip(*found, strict=True)
            parts.append((float(np.mean(values)), np.mean(influences, axis=0)))
        else:
            parts.append((float("nan"), np.zeros(len(ids))))
    return combine(parts, design)


def insufficient(lacking: Estimate, suite: Suite) -> bool:
    """Whether more is lacking than the suite tolerates, and more than chance explains (one-sided 95%)."""
    return lacking.value > suite.insufficient and lacking.lower > 0


def _difference(
    features: np.ndarray,
    target: np.ndarray,
    own: np.ndarray,
    tolerance: float,
    fit: np.ndarray,
    select: np.ndarray,
    test: np.ndarray,
) -> tuple[float, np.ndarray]:
    """The method's AUROC less the probe's on the test rows, and its influence values."""
    value, influence = _auroc(own[test], target[test])
    whitening = Whitening.fit(features, fit)
    if whitening.rank == 0:
        return value - 0.5, influence
    on_fit, on_select, on_test = (whitening.transform(features, rows) for rows in (fit, select, test))
    training = Training(
        fit=on_fit,
        groups=target[fit].astype(np.int64),
        weights=np.ones(len(fit)),
        variances=whitening.variances,
        select=on_select,
        select_groups=target[select].astype(np.int64),
        n_groups=2,
    )
    to_label = Ridge.fit(training).coefficients
    shrink = whitening.variances / (whitening.variances + Ridge.penalties[:, None])
    to_logit = shrink * (on_fit.T @ (own[fit] - own[fit].mean()) / len(fit))
    # Of the fits to the logits, the one that comes closest to them on the select part: that tells with few images too.
    errors = ((on_select @ to_logit.T - (own[select] - own[fit].mean())[:, None]) ** 2).sum(axis=0)
    slopes = [to_logit[int(errors.argmin())], *(to_label[:, :, 1] - to_label[:, :, 0])]
    selected = np.array([_auroc(on_select @ slope, target[select])[0] for slope in slopes])
    # The best of many fits to the labels is so by chance too: it must be better by more than what is looked for.
    selected[0] += tolerance
    probe, probe_influence = _auroc(on_test @ slopes[int(np.argmax(selected))], target[test])
    return value - probe, influence - probe_influence


def _auroc(scores: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    return decide(Contest(scores, target == 1, target == 0))
