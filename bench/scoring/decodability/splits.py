"""Who fits, who selects, who is tested: always whole patients, every group in every part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.task import MIN_GROUP_PATIENTS

SPLITS = 5
#: Test parts are quarters, and a fifth of the rest selects: fit 60, select 15, test 25 in a hundred.
_QUARTERS, _SELECT = 4, 5
#: Fewer patients than this of one group cannot be in every part of every split.
MIN_PATIENTS = MIN_GROUP_PATIENTS


@dataclass(frozen=True)
class Split:
    """Patient codes ``(·,) int`` to fit on, to select on and to test on, disjoint and together all patients."""

    fit: np.ndarray
    select: np.ndarray
    test: np.ndarray


def patient_splits(patient_groups: np.ndarray, patient_strata: np.ndarray, seed: int = 0) -> tuple[Split, ...]:
    """Five divisions of the patients into fit 60, select 15 and test 25 in a hundred, stratified by group × stratum.

    The first four test parts are the quarters of one partition, so that every patient is tested; the fifth takes one
    patient of each four anew.

    Args:
        patient_groups: each patient's group ``(P,) int``, at least ``MIN_PATIENTS`` patients a group.
        patient_strata: each patient's stratum ``(P,) int``; neighbours in this order go to different parts.
        seed: the same seed gives the same splits.

    Returns:
        The splits; every group has at least one patient in each part of each.
    """
    rng = np.random.default_rng((seed, 1))
    quarters = [deal(patient_groups, patient_strata, _QUARTERS, rng) for _ in range(2)]
    tests = [quarters[0] == number for number in range(_QUARTERS)] + [quarters[1] == 0]
    return tuple(_split(test, patient_groups, patient_strata, rng) for test in tests)


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


def _split(test: np.ndarray, groups: np.ndarray, strata: np.ndarray, rng: np.random.Generator) -> Split:
    rest = np.flatnonzero(~test)
    dealt = deal(groups[rest], strata[rest], _SELECT, rng)
    for group in np.unique(groups):
        members = np.flatnonzero(groups[rest] == group)
        if not (dealt[members] == 0).any():  # fewer than a block, and chance dealt it none to select on
            dealt[rng.choice(members)] = 0
    return Split(fit=rest[dealt != 0], select=rest[dealt == 0], test=np.flatnonzero(test))
