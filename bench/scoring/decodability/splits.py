"""Who fits, who selects, who is tested: always whole patients, every group in every part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FOLDS = 5
SELECT_SHARE = 0.2


@dataclass(frozen=True)
class Fold:
    """One turn of the cross-fitting: patient codes ``(·,) int`` to fit on, to select on and to test on, disjoint."""

    fit: np.ndarray
    select: np.ndarray
    test: np.ndarray


def patient_folds(patient_groups: np.ndarray, folds: int = FOLDS, seed: int = 0) -> tuple[Fold, ...]:
    """Deal patients into ``folds`` test parts, stratified by group; divide each rest 80 : 20 into fit and select.

    Args:
        patient_groups: each patient's group ``(P,) int``, at least ``folds`` patients a group.
        folds: number of test parts, at least 3; every patient is tested once.
        seed: the same seed gives the same folds.

    Returns:
        One :class:`Fold` a test part; every group has at least one patient in each of its three parts.
    """
    rng = np.random.default_rng((seed, 1))
    fold_of = np.empty(len(patient_groups), dtype=np.int64)
    dealt = 0
    for group in np.unique(patient_groups):
        members = rng.permutation(np.flatnonzero(patient_groups == group))
        # Dealing goes on where the last group ended, so that the folds differ by one patient at most.
        fold_of[members] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return tuple(_fold(patient_groups, fold_of, fold, rng) for fold in range(folds))


def _fold(patient_groups: np.ndarray, fold_of: np.ndarray, fold: int, rng: np.random.Generator) -> Fold:
    chosen = np.zeros(len(patient_groups), dtype=bool)
    for group in np.unique(patient_groups):
        members = rng.permutation(np.flatnonzero((patient_groups == group) & (fold_of != fold)))
        chosen[members[: max(1, round(SELECT_SHARE * len(members)))]] = True
    return Fold(
        fit=np.flatnonzero((fold_of != fold) & ~chosen),
        select=np.flatnonzero(chosen),
        test=np.flatnonzero(fold_of == fold),
    )
