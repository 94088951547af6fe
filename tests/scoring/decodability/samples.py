"""Samples, splits and readings by suite 1, for the parts of the suite."""

from dataclasses import replace
from functools import partial

import numpy as np

from bench.scoring import decodability
from bench.scoring.decodability.estimates import Design
from bench.scoring.decodability.inputs import Sample, check
from bench.scoring.decodability.probes.quadratic import Quadratic
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.splits import Split, patient_splits
from bench.scoring.suites import V1

#: The reading of suite 1.
decode = partial(decodability.decode, suite=V1)
#: Suite 1 cut down to one probe of either kind, few permutations and one plant of each kind: a reading in a second.
QUICK = replace(
    V1,
    version=1001,
    probes=(Ridge, Quadratic),
    permutations=replace(V1.permutations, count=10),
    plants=replace(V1.plants, percentiles=(50,), readers=(("linear", (Ridge,)), ("quadratic", (Quadratic,)))),
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
    features: np.ndarray, groups: np.ndarray, patients: np.ndarray, strata: np.ndarray | None = None, seed: int = 0
) -> tuple[Sample, tuple[Split, ...], Design]:
    """The checked sample, its splits and their design."""
    found = check(features, groups, patients, strata, None)
    splits = patient_splits(found.patient_groups, found.patient_strata, V1.folds, seed)
    return found, splits, Design(found.patient_groups, splits)
