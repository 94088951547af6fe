"""The columns of C as the reader takes them: typed, and cut into patterns along which patients are dealt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.errors import BenchError
from bench.task import Confounder

#: A number is cut into so many parts of as many images, for dealing patients alone.
_PARTS = 4


def typed(confounders: np.ndarray | Sequence[Confounder] | None, n: int) -> tuple[Confounder, ...]:
    """The confounders of n images; a column of codes is a category, any code below 0 being unknown.

    Raises:
        BenchError: when shapes do not match, names repeat, or codes are no integers.
    """
    if confounders is None:
        return ()
    if isinstance(confounders, np.ndarray):
        return _of_codes(confounders, n)
    found = tuple(confounders)
    names = [one.name for one in found]
    if len(set(names)) < len(names):
        raise BenchError(f"Each confounder needs a name of its own, but they are called {', '.join(names)}.")
    for one in found:
        kinds = "f" if one.kind == "number" else "iub"
        if np.shape(one.values) != (n,) or one.values.dtype.kind not in kinds:
            wanted = "numbers, NaN where missing" if one.kind == "number" else "integer codes, below 0 where unknown"
            raise BenchError(
                f"The confounder {one.name!r} is a {one.kind} and needs {wanted}, of shape ({n},), one an image; it "
                f"has the shape {np.shape(one.values)} and the type {one.values.dtype}."
            )
        if one.kind == "number" and np.isinf(one.values).any():
            raise BenchError(f"The confounder {one.name!r} holds infinite numbers; NaN alone stands for a missing one.")
    return found


def patterns(confounders: Sequence[Confounder], n: int) -> np.ndarray:
    """A code (n,) int for each joint pattern of labels, categories and quarters of numbers."""
    if not confounders:
        return np.zeros(n, dtype=np.int64)
    columns = np.stack([_cut(one) for one in confounders], axis=1)
    found: np.ndarray = np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1)
    return found


def most_frequent(cells: np.ndarray, patients: np.ndarray) -> np.ndarray:
    """The cell that most of each patient's images are in, the first of several, ``(P,) int``."""
    both, counts = np.unique(np.stack([patients, cells], axis=1), axis=0, return_counts=True)
    order = np.lexsort((both[:, 1], -counts, both[:, 0]))
    first: np.ndarray = np.unique(both[order, 0], return_index=True)[1]
    return np.take(both[order, 1], first)


def _of_codes(codes: np.ndarray, n: int) -> tuple[Confounder, ...]:
    columns = codes[:, None] if codes.ndim == 1 else codes
    if columns.ndim != 2 or len(columns) != n:
        raise BenchError(
            f"confounders has the shape {codes.shape}, but there are {n} images: it must have the shape ({n},) or "
            f"({n}, S), one row an image."
        )
    if columns.dtype.kind not in "iub":
        raise BenchError(
            f"confounders must hold integer codes, but has the type {codes.dtype}. Numbers are given as a "
            "bench.task.Confounder of the kind 'number'."
        )
    return tuple(
        Confounder(f"column {number}", "category", column)
        for number, column in enumerate(columns.astype(np.int64).T, start=1)
    )


def _cut(confounder: Confounder) -> np.ndarray:
    if confounder.kind != "number":
        codes: np.ndarray = np.maximum(confounder.values, -1)
        return codes
    missing = np.isnan(confounder.values)
    if missing.all():
        return np.full(len(missing), -1)
    edges = np.quantile(confounder.values[~missing], np.arange(1, _PARTS) / _PARTS)
    return np.where(missing, -1, np.searchsorted(edges, confounder.values, side="right"))
