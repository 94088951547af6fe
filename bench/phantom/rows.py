"""The rows of a phantom's table: their names, what their cells may hold, their twins, and a picture of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import BenchError, suggest
from bench.phantom.streams import Numbers

#: The group of a twin in whose image nothing depends on race.
NO_RACE = "none"

#: A row that can be drawn: its cells by column.
Row = Mapping[Any, Any]

_IMAGE_NAME = re.compile(r"p(\d{6,})-s(\d+)-(\d+)")
#: Sides of an image, in pixels.
_SMALLEST, _LARGEST = 16, 1024


def patient_name(patient: int) -> str:
    """What the patient of this number is called."""
    return f"p{patient:06d}"


def study_names(patients: Iterable[int], studies: Iterable[int]) -> list[str]:
    """Names of studies, counted from 0 within their patient."""
    return [f"{patient_name(patient)}-s{study + 1}" for patient, study in zip(patients, studies, strict=True)]


def image_names(studies: Iterable[str], positions: Iterable[int]) -> list[str]:
    """Names of images, by the names of their studies and their positions among the patient's images."""
    return [f"{study}-{position}" for study, position in zip(studies, positions, strict=True)]


def numbers_of(row: Row, seed: int) -> Numbers:
    """The random numbers of a row's image, which its name says.

    Raises:
        BenchError: for a name that is not a phantom's.
    """
    name = _IMAGE_NAME.fullmatch(row["image"])
    if name is None:
        raise BenchError(f"{row['image']!r} is no image of the phantom; those are named like 'p000123-s1-0'.")
    patient, study, position = map(int, name.groups())
    return Numbers(seed, patient, study, position)


@dataclass(frozen=True)
class Cells:
    """What an image is drawn from: columns that hold one of a few words, and columns of finite numbers."""

    categories: Mapping[str, tuple[str, ...]]
    numbers: tuple[str, ...]

    def rows(self, table: pd.DataFrame, size: int) -> Sequence[Row]:
        """The rows of a table, each checked.

        Raises:
            BenchError: on a size out of range, a missing column, or a cell that no reader of a phantom writes.
        """
        if not _SMALLEST <= size <= _LARGEST:
            raise BenchError(
                f"The phantom is drawn at {_SMALLEST} to {_LARGEST} pixels a side, not {size} (image size of the task)."
            )
        needed = ["image", *self.categories, *self.numbers]
        if missing := [column for column in needed if column not in table]:
            raise BenchError(f"The phantom cannot be drawn from a table without the column {missing[0]!r}.")
        rows: Sequence[Row] = table[needed].to_dict("records")
        for row in rows:
            self._check(row)
        return rows

    def _check(self, row: Row) -> None:
        for column, allowed in self.categories.items():
            if row[column] not in allowed:
                hint = suggest(str(row[column]), allowed)
                raise BenchError(f"Image {row['image']!r} of the phantom has {column} {row[column]!r}.{hint}")
        for column in self.numbers:
            if not np.isfinite(row[column]):
                raise BenchError(f"Image {row['image']!r} of the phantom has no {column}: it cannot be drawn.")


def drawn(
    rows: Sequence[Row], size: int, draw: Callable[[Row], np.ndarray], dtype: npt.DTypeLike = np.uint8
) -> np.ndarray:
    """A picture of each row, ``(N, size, size)``: images as ``uint8``, masks as ``bool``.

    One at a time: its maps stay in the processor's cache, and no operation can depend on its neighbours.
    """
    pictures = np.empty((len(rows), size, size), dtype=dtype)
    for place, row in enumerate(rows):
        pictures[place] = draw(row)
    return pictures


def twin(table: pd.DataFrame, group: str | None) -> pd.DataFrame:
    """The same rows as patients of another race, or of none: all else, noise included, stays as it is."""
    return table.assign(race=NO_RACE if group is None else group)
