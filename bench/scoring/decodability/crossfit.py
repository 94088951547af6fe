"""Every image read by probes that saw nothing of its patient: fit, select the penalty, read the test fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.scoring.decodability.auroc import hand_till, log_odds
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.null import permuted_readings
from bench.scoring.decodability.probe import Probe
from bench.scoring.decodability.splits import Fold
from bench.scoring.decodability.whitening import Whitening


@dataclass(frozen=True)
class Reading:
    """What one probe reads from every image when its patient is tested.

    ``balanced`` (N, K): log odds of each group were all groups equally frequent, for one-vs-one; ``natural`` (N, K): at
    the fit part's prevalence, for one-vs-rest. ``penalties`` and ``selected``, one a fold: the penalty chosen on the
    select part and the macro one-vs-one AUROC it had there. Scores of different folds are not comparable.
    """

    probe: str
    balanced: np.ndarray
    natural: np.ndarray
    penalties: tuple[float, ...]
    selected: tuple[float, ...]


@dataclass(frozen=True)
class CrossFit:
    """All readings of one sample: ``fold_of`` (N,) says which fold an image was tested in.

    ``permuted`` (folds, permutations) is the ridge probe's test AUROC under permuted groups.
    """

    readings: tuple[Reading, ...]
    whitenings: tuple[Whitening, ...]
    fold_of: np.ndarray
    permuted: np.ndarray

    @property
    def chosen(self) -> Reading:
        """The probe with the highest AUROC on the select parts, on average over folds; the test parts have no say."""
        return max(self.readings, key=lambda reading: np.mean(reading.selected))


def cross_fit(
    sample: Sample, folds: Sequence[Fold], suite: Sequence[type[Probe]], permutations: np.ndarray
) -> CrossFit:
    """Fit, select and read with every probe of the suite over every fold.

    Args:
        sample: N images of K groups.
        folds: patients of each part; every patient is tested in one fold.
        suite: the probes.
        permutations: each patient's group under permutation (B, P) int; B may be 0.
    """
    n, n_groups = len(sample.groups), len(sample.names)
    shape = (len(suite), n, n_groups)
    balanced, natural = np.empty(shape), np.empty(shape)
    penalties, selected = np.empty((len(suite), len(folds))), np.empty((len(suite), len(folds)))
    fold_of = np.empty(n, dtype=np.int64)
    permuted = np.empty((len(folds), len(permutations)))
    whitenings = []
    for number, fold in enumerate(folds):
        fit, select, test = (_rows(sample, part) for part in (fold.fit, fold.select, fold.test))
        fold_of[test] = number
        whitening = Whitening.fit(sample.features[fit])
        whitenings.append(whitening)
        z_fit, z_select, z_test = (whitening.transform(sample.features[rows]) for rows in (fit, select, test))
        log_prevalence = np.log(np.bincount(sample.groups[fit], minlength=n_groups) / len(fit))
        for p, probe in enumerate(suite):
            path = probe.fit(z_fit, whitening.variances, sample.groups[fit], n_groups)
            on_select = hand_till(log_odds(path.predict(z_select) - log_prevalence), sample.groups[select])
            best = int(on_select.argmax())
            penalties[p, number], selected[p, number] = probe.penalties[best], on_select[best]
            log_posteriors = path.predict(z_test)[best]
            balanced[p, test], natural[p, test] = log_odds(log_posteriors - log_prevalence), log_odds(log_posteriors)
        if len(permutations):
            images = permutations[:, sample.patients]
            permuted[number] = permuted_readings(
                fit=(z_fit, images[:, fit]),
                select=(z_select, images[:, select]),
                test=(z_test, images[:, test]),
                variances=whitening.variances,
                n_groups=n_groups,
            )
    readings = tuple(
        Reading(probe.name, balanced[p], natural[p], tuple(penalties[p].tolist()), tuple(selected[p].tolist()))
        for p, probe in enumerate(suite)
    )
    return CrossFit(readings, tuple(whitenings), fold_of, permuted)


def _rows(sample: Sample, patients: np.ndarray) -> np.ndarray:
    """Rows of these patients' images, in the order of the sample."""
    return np.flatnonzero(np.isin(sample.patients, patients))
