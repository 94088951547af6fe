"""What the reader is given: checked, stripped of rows without a known group, and put into an order of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.errors import BenchError
from bench.scoring.decodability.confounders import most_frequent, patterns, typed
from bench.scoring.decodability.splits import MIN_PATIENTS
from bench.scoring.decodability.whitening import blocks
from bench.task import Confounder


@dataclass(frozen=True)
class Sample:
    """Images whose group is known, sorted by patient and then by content, so that no result hangs on the row order.

    ``layer`` is what they are features of; ``features`` (N, D) float32 or float64; ``groups`` (N,) int, 0 … K-1 over
    the groups that occur; ``patients`` (N,) int, 0 … P-1; ``patient_groups`` (P,) int, each patient's group;
    ``confounders`` the columns of C, of N values each, none where there is no C; ``patient_strata`` (P,) int, the
    pattern of the diagnosis that most of a patient's images have; ``names`` the K groups that occur; ``all_names``
    those of the data set, absent ones included; ``patient_codes`` (P,) the codes that the patients came with.
    """

    layer: str
    features: np.ndarray
    groups: np.ndarray
    patients: np.ndarray
    patient_groups: np.ndarray
    confounders: tuple[Confounder, ...]
    patient_strata: np.ndarray
    names: tuple[str, ...]
    all_names: tuple[str, ...]
    patient_codes: np.ndarray

    def rows(self, patients: np.ndarray) -> np.ndarray:
        """Rows of these patients' images, in order."""
        return np.flatnonzero(np.isin(self.patients, patients))

    def relabelled(self, patient_groups: np.ndarray, names: tuple[str, ...]) -> Sample:
        """The same images with other groups (P,) of the patients, as controls give them."""
        return replace(
            self, groups=patient_groups[self.patients], patient_groups=patient_groups, names=names, all_names=names
        )


def check(
    layers: Mapping[str, np.ndarray],
    groups: np.ndarray,
    patients: np.ndarray,
    confounders: np.ndarray | Sequence[Confounder] | None,
    group_names: Sequence[str] | None,
) -> dict[str, Sample]:
    """Check the arguments of :func:`bench.scoring.decodability.decode` (described there) and bring them into order.

    Returns:
        a sample a layer; they differ in their features alone, and stand in one order.

    Raises:
        BenchError: when shapes do not match, a number is not finite, a patient has two groups, fewer than two groups
            occur, or a group has fewer than 5 patients.
    """
    values = _layers(layers)
    n = len(next(iter(values.values())))
    group_codes = _codes(groups, "groups", n)
    patient_codes = _codes(patients, "patients", n)
    columns = typed(confounders, n)
    names = _names(group_codes, group_names)

    known = np.flatnonzero(group_codes >= 0)
    if len(known) < n:
        values = {layer: found[known] for layer, found in values.items()}
    group_codes, patient_codes = group_codes[known], patient_codes[known]
    columns = tuple(one.take(known) for one in columns)
    for layer, found in values.items():
        _require_finite(found, layer)

    present, group_codes = np.unique(group_codes, return_inverse=True)
    patient_ids, patient_codes = np.unique(patient_codes, return_inverse=True)
    present_names = tuple(names[i] for i in present)
    patient_groups = _patient_groups(group_codes, patient_codes, patient_ids, present_names)
    _require_enough(patient_groups, present_names)

    order = _own_order(list(values.values()), patient_codes, [one.values for one in columns])
    patients, columns = patient_codes[order], tuple(one.take(order) for one in columns)
    cells = patterns([one for one in columns if not one.covariate], len(order))
    sample = Sample(
        layer="",
        features=np.empty((len(order), 0)),
        groups=group_codes[order],
        patients=patients,
        patient_groups=patient_groups,
        confounders=columns,
        patient_strata=most_frequent(cells, patients),
        names=present_names,
        all_names=names,
        patient_codes=patient_ids,
    )
    return {layer: replace(sample, layer=layer, features=found[order]) for layer, found in values.items()}


def _layers(layers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The features of each layer, all of the same images."""
    if not layers:
        raise BenchError("There is no layer to read: features must be given of at least one.")
    values = {layer: _features(found, layer) for layer, found in layers.items()}
    rows = {layer: len(found) for layer, found in values.items()}
    if len(set(rows.values())) > 1:
        of_each = ", ".join(f"{layer!r} {n}" for layer, n in rows.items())
        raise BenchError(
            f"The layers of one network must be of the same images, one row an image, but have {of_each} rows."
        )
    return values


def _names(group_codes: np.ndarray, group_names: Sequence[str] | None) -> tuple[str, ...]:
    """The name of each code: the given ones, or the codes themselves."""
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
    return names


def _features(features: np.ndarray, layer: str) -> np.ndarray:
    values = np.asarray(features)
    if values.ndim != 2 or values.shape[1] == 0 or values.dtype.kind not in "fiu":
        raise BenchError(
            f"{layer} must be an array (N images, D features) of real numbers with D ≥ 1, "
            f"but has the shape {values.shape} and the type {values.dtype}."
        )
    kept = values.dtype if values.dtype in (np.float32, np.float64) else np.dtype(np.float64)
    # Adding zero turns -0.0 into 0.0: equal numbers must have equal bits for the order of the rows.
    return values.astype(kept) + kept.type(0.0)


def _codes(codes: np.ndarray, name: str, n: int) -> np.ndarray:
    values = np.asarray(codes)
    if values.shape != (n,):
        raise BenchError(
            f"{name} has the shape {np.shape(codes)}, but features has {n} rows: {name} must have the shape ({n},), "
            "one row an image."
        )
    if values.dtype.kind not in "iub":
        raise BenchError(f"{name} must hold integer codes, but has the type {values.dtype}.")
    return values.astype(np.int64)


def _require_finite(values: np.ndarray, layer: str) -> None:
    # The sum is not finite where a number is not (or, for nothing, where it is too large), and needs no array.
    if not np.isfinite(values.sum()):
        wrong = ~np.isfinite(values)
        if not wrong.any():
            return
        rows = wrong.any(axis=1)
        raise BenchError(
            f"{layer} holds NaN or infinite numbers in {int(rows.sum())} of {len(values)} images with a known group "
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


def _require_enough(patient_groups: np.ndarray, names: tuple[str, ...]) -> None:
    if len(names) < 2:
        found = f"only the group {names[0]!r} occurs" if names else "no image has a known group"
        raise BenchError(f"Decodability tells groups apart and needs at least two, but {found}.")
    counts = np.bincount(patient_groups, minlength=len(names))
    if counts.min() < MIN_PATIENTS:
        few = ", ".join(
            f"{name!r} ({count})" for name, count in zip(names, counts, strict=True) if count < MIN_PATIENTS
        )
        raise BenchError(
            f"Too few patients to fit, select and test on: {few}. Every group needs at least {MIN_PATIENTS} patients; "
            "to leave a smaller group out, make it unknown: code -1 in an array; --unknown or blank cells in a table."
        )


def _own_order(layers: Sequence[np.ndarray], patients: np.ndarray, columns: Sequence[np.ndarray]) -> np.ndarray:
    """Sort by patient, C and a hash of the features' bits: rows that tie in all three are the same row."""
    rng = np.random.default_rng(0)
    content = np.zeros(len(patients), dtype=np.uint64)
    for values in layers:
        odd = rng.integers(0, 2**63, size=values.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        for block in blocks(len(values)):
            content[block] += np.ascontiguousarray(values[block], dtype=np.float64).view(np.uint64) @ odd
    return np.lexsort([content, *columns, patients])
