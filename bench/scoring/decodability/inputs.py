"""What the reader is given: checked, stripped of rows without a known group, and put into an order of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.errors import BenchError


@dataclass(frozen=True)
class Sample:
    """Images whose group is known, sorted by patient and then by content, so that no result hangs on the row order.

    ``features`` (N, D) float64; ``groups`` (N,) int, 0 … K-1 over the groups that occur; ``patients`` (N,) int,
    0 … P-1; ``patient_groups`` (P,) int, each patient's group; ``strata`` (N,) int, one code a joint pattern of label
    columns, or None; ``names`` the K groups that occur; ``all_names`` those of the data set, absent ones included.
    """

    features: np.ndarray
    groups: np.ndarray
    patients: np.ndarray
    patient_groups: np.ndarray
    strata: np.ndarray | None
    names: tuple[str, ...]
    all_names: tuple[str, ...]


def check(
    features: np.ndarray,
    groups: np.ndarray,
    patients: np.ndarray,
    strata: np.ndarray | None,
    group_names: Sequence[str] | None,
    folds: int,
) -> Sample:
    """Check the arguments of :func:`bench.scoring.decodability.decode` (described there) and bring them into order.

    Raises:
        BenchError: when shapes do not match, a number is not finite, a patient has two groups, fewer than two groups
            occur, or a group has fewer patients than there are folds.
    """
    values = _features(features)
    n = len(values)
    group_codes = _codes(groups, "groups", n, columns=False)
    patient_codes = _codes(patients, "patients", n, columns=False)
    label_codes = None if strata is None else _codes(strata, "strata", n, columns=True)

    highest = int(group_codes.max(initial=-1))
    if group_codes.min(initial=0) < -1:
        raise BenchError(
            f"groups holds the code {int(group_codes.min())}. Groups are coded 0, 1, 2 …; -1 alone stands for unknown."
        )
    names = tuple(str(i) for i in range(highest + 1)) if group_names is None else tuple(group_names)
    if highest >= len(names):
        raise BenchError(
            f"groups holds the code {highest}, but group_names has only {len(names)} names ({', '.join(names)}): "
            f"codes from 0 to {len(names) - 1} are allowed, and -1 for unknown."
        )

    known = np.flatnonzero(group_codes >= 0)
    values, group_codes, patient_codes = values[known], group_codes[known], patient_codes[known]
    label_codes = None if label_codes is None else label_codes[known]
    _require_finite(values)

    present, group_codes = np.unique(group_codes, return_inverse=True)
    patient_ids, patient_codes = np.unique(patient_codes, return_inverse=True)
    present_names = tuple(names[i] for i in present)
    patient_groups = _patient_groups(group_codes, patient_codes, patient_ids, present_names)
    _require_enough(patient_groups, present_names, folds)

    order = _own_order(values, patient_codes, label_codes)
    return Sample(
        features=values[order],
        groups=group_codes[order],
        patients=patient_codes[order],
        patient_groups=patient_groups,
        strata=None
        if label_codes is None
        else np.unique(label_codes[order], axis=0, return_inverse=True)[1].reshape(-1),
        names=present_names,
        all_names=names,
    )


def _features(features: np.ndarray) -> np.ndarray:
    values = np.asarray(features)
    if values.ndim != 2 or values.shape[1] == 0 or values.dtype.kind not in "fiu":
        raise BenchError(
            "features must be an array (N images, D features) of real numbers with D ≥ 1, "
            f"but has the shape {values.shape} and the type {values.dtype}."
        )
    # Adding zero turns -0.0 into 0.0: equal numbers must have equal bits for the order of the rows.
    return values.astype(np.float64) + 0.0


def _codes(codes: np.ndarray, name: str, n: int, columns: bool) -> np.ndarray:
    values = np.asarray(codes)
    if columns and values.ndim == 1:
        values = values[:, None]
    if values.ndim != 1 + columns or len(values) != n:
        allowed = f"({n},) or ({n}, S)" if columns else f"({n},)"
        raise BenchError(
            f"{name} has the shape {np.shape(codes)}, but features has {n} rows: {name} must have the shape {allowed}, "
            "one row an image."
        )
    if values.dtype.kind not in "iub":
        raise BenchError(f"{name} must hold integer codes, but has the type {values.dtype}.")
    return values.astype(np.int64)


def _require_finite(values: np.ndarray) -> None:
    wrong = ~np.isfinite(values)
    if wrong.any():
        rows = wrong.any(axis=1)
        raise BenchError(
            f"features holds NaN or infinite numbers in {int(rows.sum())} of {len(values)} images with a known group "
            f"(in {int(wrong.any(axis=0).sum())} of {values.shape[1]} columns). Nothing can be said of what such a "
            "network computes: it is refused, not scored."
        )


def _patient_groups(
    groups: np.ndarray, patients: np.ndarray, patient_ids: np.ndarray, names: tuple[str, ...]
) -> np.ndarray:
    group_of = np.zeros(len(patient_ids), dtype=np.int64)
    group_of[patients] = groups
    clash = np.flatnonzero(group_of[patients] != groups)
    if clash.size:
        row = clash[0]
        raise BenchError(
            f"Patient {patient_ids[patients[row]]} has two groups, {names[group_of[patients[row]]]!r} and "
            f"{names[groups[row]]!r}; there are {len(np.unique(patients[clash]))} patients of this kind. "
            "A patient belongs to one group or is unknown (-1)."
        )
    return group_of


def _require_enough(patient_groups: np.ndarray, names: tuple[str, ...], folds: int) -> None:
    if len(names) < 2:
        found = f"only the group {names[0]!r} occurs" if names else "no image has a known group"
        raise BenchError(f"Decodability tells groups apart and needs at least two, but {found}.")
    counts = np.bincount(patient_groups, minlength=len(names))
    if counts.min() < folds:
        few = ", ".join(f"{name!r} ({count})" for name, count in zip(names, counts, strict=True) if count < folds)
        raise BenchError(
            f"Too few patients to cross-fit over {folds} folds: {few}. Every group needs at least {folds} patients; "
            "code the images of a smaller group as unknown (-1) to leave it out."
        )


def _own_order(values: np.ndarray, patients: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """Sort by patient, labels and a hash of the features' bits: rows that tie in all three are the same row."""
    odd = np.random.default_rng(0).integers(0, 2**63, size=values.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(
        1
    )
    content = np.ascontiguousarray(values).view(np.uint64) @ odd
    keys = [content, patients] if labels is None else [content, *labels.T, patients]
    return np.lexsort(keys)
