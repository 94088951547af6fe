"""Who fits, who selects, who is tested: always whole patients, every group in every part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.scoring.decodability.suite import Folds
from bench.task import MIN_GROUP_PATIENTS

#: Fewer patients than this of one group cannot be in every part of every split.
MIN_PATIENTS = MIN_GROUP_PATIENTS


@dataclass(frozen=True)
class Split:
    """Patient codes ``(·,) int`` to fit on, to select on and to test on, disjoint and together all patients."""

    fit: np.ndarray
    select: np.ndarray
    test: np.ndarray


def patient_splits(
    patient_groups: np.ndarray, patient_strata: np.ndarray, folds: Folds, seed: int = 0
) -> tuple[Split, ...]:
    """Divisions of the patients into fit, select and test, stratified by group × stratum.

    Test parts are those of one partition after another: of five divisions with quarters the first four test every
    patient once, and the fifth takes one patient of each four anew.

    Args:
        patient_groups: each patient's group ``(P,) int``, at least ``MIN_PATIENTS`` patients a group.
        patient_strata: each patient's stratum ``(P,) int``; neighbours in this order go to different parts.
        folds: how many divisions, and the shares of their parts.
        seed: the same seed gives the same splits.

    Returns:
        The splits; every group has at least one patient in each part of each.
    """
    rng = np.random.default_rng((seed, 1))
    partitions = [deal(patient_groups, patient_strata, folds.test, rng) for _ in range(-(-folds.count // folds.test))]
    tests = [partition == number for partition in partitions for number in range(folds.test)][: folds.count]
    return tuple(_split(test, patient_groups, patient_strata, folds.select, rng) for test in tests)


def deal(groups: np.ndarray, strata: np.ndarray, parts: int, rng: np.random.Generator) -> np.ndarray:
    """A part number 0 … ``parts`` - 1 for each patient (P,), evenly within each group and along its strata."""
    part_of = np.empty(len(groups), dtype=np.int64)
    for group in np.unique(groups):
        members = rng.permutation(np.flatnonzero(groups == group))
        members = members[np.argsort(strata[members], kind="stable")]
        blocks = -(-len(members) // parts)
        numbers = rng.permuted(np.tile(np.arange(parts), (blocks, 1)), axis=1).ravel()
        part_of[members] = numbers[: len(members)]
    return part_of


def _split(test: np.ndarray, groups: np.ndarray, strata: np.ndarray, select: int, rng: np.random.Generator) -> Split:
    rest = np.flatnonzero(~test)
    dealt = deal(groups[rest], strata[rest], select, rng)
    for group in np.unique(groups):
        members = np.flatnonzero(groups[rest] == group)
        if not (dealt[members] == 0).any():  # fewer than a block, and chance dealt it none to select on
            dealt[rng.choice(members)] = 0
    return Split(fit=rest[dealt != 0], select=rest[dealt == 0], test=np.flatnonzero(test))
