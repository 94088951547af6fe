"""Samples, splits and readings by suite 2, for the parts of the suite."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bench.records import FEATURES, NETWORK
from bench.scoring import decodability
from bench.scoring.decodability import Decodability, Suite
from bench.scoring.decodability.estimates import Design
from bench.scoring.decodability.inputs import Sample, check
from bench.scoring.decodability.probes.quadratic import Quadratic
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.splits import Split, patient_splits
from bench.scoring.suites import V2
from bench.task import Confounder


def decode(features: np.ndarray, *more: Any, suite: Suite = V2, **options: Any) -> Decodability:
    """What a suite reads of one layer, and may claim of a network that has no other."""
    read = decodability.decode({FEATURES: features}, *more, suite=suite, **options)
    whole = read[NETWORK]
    return replace(
        read[FEATURES],
        given_diagnosis=whole.given_diagnosis,
        given_known=whole.given_known,
        information=whole.information,
        information_given=whole.information_given,
        removal=whole.removal,
        flags=(*read[FEATURES].flags, *whole.flags),
    )


#: Suite 2 cut down to one probe of either kind, few permutations and two plantings of each kind: a reading in a second.
QUICK = replace(
    V2,
    version=1001,
    probes=(Ridge, Quadratic),
    permutations=replace(V2.permutations, count=10, draws=5),
    sight=replace(V2.sight, percentiles=(50,), plantings=2),
    depths=(0.1,),
)


def planted(
    distance: float, *, patients: int = 400, images: int = 2, features: int = 16, groups: int = 2, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standard normal features, groups and patients; the mean of one feature rises by ``distance`` a group."""
    rng = np.random.default_rng(seed)
    of_patient = rng.integers(0, groups, patients)
    owners = np.repeat(np.arange(patients), images)
    values = rng.normal(size=(len(owners), features))
    values[:, 0] += distance * of_patient[owners]
    return values, of_patient[owners], owners


def sample(
    features: np.ndarray,
    groups: np.ndarray,
    patients: np.ndarray,
    confounders: np.ndarray | Sequence[Confounder] | None = None,
    seed: int = 0,
) -> tuple[Sample, tuple[Split, ...], Design]:
    """The checked sample, its splits and their design."""
    found = check({FEATURES: features}, groups, patients, confounders, None)[FEATURES]
    splits = patient_splits(found.patient_groups, found.patient_strata, V2.folds, seed)
    return found, splits, Design(found.patient_groups, splits)
