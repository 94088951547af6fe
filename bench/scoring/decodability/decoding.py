"""How well can a fixed suite of fresh probes read the group from the features, on patients they never saw?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.scoring.decodability.auroc import (
    mean_over_cells,
    mean_over_pairings,
    one_vs_one_pairs,
    one_vs_rest_pairs,
    pooled_over_cells,
)
from bench.scoring.decodability.crossfit import CrossFit, cross_fit
from bench.scoring.decodability.inputs import Sample, check
from bench.scoring.decodability.null import permute
from bench.scoring.decodability.result import (
    CONSTANT_FEATURES,
    ILL_CONDITIONED,
    Decodability,
    Null,
    ProbeReading,
    WithinLabel,
)
from bench.scoring.decodability.splits import FOLDS, patient_folds
from bench.scoring.decodability.suite import SUITE, SUITE_VERSION
from bench.scoring.intervals import Interval, PatientBootstrap

REPLICATES, FAST_REPLICATES = 1000, 200
PERMUTATIONS = 100
#: From here on a reader that does not whiten is blind to the features' weakest directions.
_ILL_CONDITIONED = 1e7


def decode(
    features: np.ndarray,
    groups: np.ndarray,
    patients: np.ndarray,
    strata: np.ndarray | None = None,
    *,
    group_names: Sequence[str] | None = None,
    seed: int = 0,
    fast: bool = False,
) -> Decodability:
    """Read the group from the features with every probe of the suite, cross-fitted by patient.

    Patients are dealt into 5 test folds, stratified by group. In each fold the rest is divided 80 : 20 into fit and
    select: whitening and probes see the fit part only, penalty and probe are chosen on the select part, and the AUROC
    reported is that of the test folds, averaged (scores of different folds are never ranked against each other).

    One-vs-one: A(i|j) is the AUROC, among the images of groups i and j, of the log odds of group i against all others
    were all groups equally frequent; their mean over ordered pairs is Hand & Till's measure (2001), which ignores
    prevalence. One-vs-rest: the log odds at the prevalence of the fit part. Within label: only pairs of images that
    agree on every label column (unknown agrees with unknown), every pair counting the same.

    Intervals are percentiles of a bootstrap over patients for the probes as they were fitted. That other patients would
    have given other probes is not in them: where there is little to read they are too narrow (patients serve to fit
    and to test by turns, which up to doubles the variance where there is nothing at all). Whether anything can be read
    is therefore judged by the null, which repeats the fitting, and not by whether the interval holds .5.

    Args:
        features: (N, D) float, one row an image, of patients the network was neither trained nor tuned on.
        groups: group codes (N,) int, -1 for unknown: left out.
        patients: patient codes (N,) int.
        strata: label codes (N,) or (N, S) int, one column a label, any code for unknown; None: nothing within label.
        group_names: name of each code; by default the codes themselves.
        seed: of folds, permutations and bootstrap. The order of the rows changes nothing.
        fast: fewer bootstrap replicates and no null; the values are the same.

    Raises:
        BenchError: when shapes do not match, a feature is not finite, a patient has two groups, fewer than two groups
            occur, or a group has fewer than 5 patients.
    """
    sample = check(features, groups, patients, strata, group_names, FOLDS)
    folds = patient_folds(sample.patient_groups, FOLDS, seed)
    permutations = permute(sample.patient_groups, folds, 0 if fast else PERMUTATIONS, seed)
    fitted = cross_fit(sample, folds, SUITE, permutations)
    bootstrap = PatientBootstrap(sample.patients, replicates=FAST_REPLICATES if fast else REPLICATES, seed=seed)

    by_probe, one_vs_rest = _marginal(sample, fitted, bootstrap)
    readings = tuple(
        ProbeReading(reading.probe, interval, float(np.mean(reading.selected)), reading.penalties)
        for reading, interval in zip(fitted.readings, by_probe, strict=True)
    )
    position = {name: g for g, name in enumerate(sample.names)}
    patient_counts = np.bincount(sample.patient_groups)
    image_counts = np.bincount(sample.groups)

    def counts(per_group: np.ndarray) -> tuple[int, ...]:
        return tuple(int(per_group[position[name]]) if name in position else 0 for name in sample.all_names)

    return Decodability(
        suite_version=SUITE_VERSION,
        groups=sample.all_names,
        group_images=counts(image_counts),
        group_patients=counts(patient_counts),
        probe=fitted.chosen.probe,
        one_vs_one=next(r.one_vs_one for r in readings if r.name == fitted.chosen.probe),
        one_vs_rest=_for_all_names(sample, one_vs_rest),
        within_label=_within_label(sample, fitted, bootstrap),
        probes=readings,
        null=_null(fitted.permuted),
        rank=float(np.mean([w.rank for w in fitted.whitenings])),
        effective_rank=float(np.mean([w.effective_rank for w in fitted.whitenings])),
        condition_number=float(np.mean([w.condition_number for w in fitted.whitenings])),
        flags=_flags(fitted),
    )


def _marginal(sample: Sample, fitted: CrossFit, bootstrap: PatientBootstrap) -> tuple[list[Interval], list[Interval]]:
    """One-vs-one of every probe and one-vs-rest of the chosen one for every group."""
    pairings = [one_vs_one_pairs(reading.balanced, sample.groups, fitted.fold_of) for reading in fitted.readings]
    against_rest = one_vs_rest_pairs(fitted.chosen.natural, sample.groups, fitted.fold_of)

    def statistic(weights: np.ndarray) -> np.ndarray:
        macro = [mean_over_pairings([mean_over_cells(pairs, weights) for pairs in probe]) for probe in pairings]
        return np.stack([*macro, *(mean_over_cells(pairs, weights) for pairs in against_rest)])

    intervals = bootstrap.intervals(statistic)
    return intervals[: len(pairings)], intervals[len(pairings) :]


def _within_label(sample: Sample, fitted: CrossFit, bootstrap: PatientBootstrap) -> WithinLabel | None:
    """One-vs-one and one-vs-rest of the chosen probe over pairs of one fold and one joint pattern of labels."""
    if sample.strata is None:
        return None
    patterns = int(sample.strata.max()) + 1
    cells = fitted.fold_of * patterns + sample.strata
    pairings = one_vs_one_pairs(fitted.chosen.balanced, sample.groups, cells)
    against_rest = one_vs_rest_pairs(fitted.chosen.natural, sample.groups, cells)

    def statistic(weights: np.ndarray) -> np.ndarray:
        macro = mean_over_pairings([pooled_over_cells(pairs, weights) for pairs in pairings])
        return np.stack([macro, *(pooled_over_cells(pairs, weights) for pairs in against_rest)])

    one_vs_one, *one_vs_rest = bootstrap.intervals(statistic)
    occurring = np.zeros((patterns, len(sample.names)), dtype=bool)
    occurring[sample.strata, sample.groups] = True
    usable = int((occurring.sum(axis=1) >= 2).sum())
    return WithinLabel(one_vs_one, _for_all_names(sample, one_vs_rest), usable, patterns - usable)


def _for_all_names(sample: Sample, intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    known = dict(zip(sample.names, intervals, strict=True))
    return tuple(known.get(name, Interval(None)) for name in sample.all_names)


def _null(permuted: np.ndarray) -> Null | None:
    if not permuted.size:
        return None
    values = permuted.mean(axis=0)
    low, percentile_95, high = (float(q) for q in np.quantile(values, [0.025, 0.95, 0.975]))
    return Null(float(values.mean()), percentile_95, low, high, len(values))


def _flags(fitted: CrossFit) -> tuple[str, ...]:
    flags = []
    if any(whitening.rank == 0 for whitening in fitted.whitenings):
        flags.append(CONSTANT_FEATURES)
    if max(whitening.condition_number for whitening in fitted.whitenings) > _ILL_CONDITIONED:
        flags.append(ILL_CONDITIONED)
    return tuple(flags)
