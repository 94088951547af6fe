"""Features and labels from files, for whoever has a network but not this framework."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.errors import BenchError, suggest


@dataclass(frozen=True)
class Labelled:
    """Features (N, D), codes (N,) of groups and patients, codes (N, S) of C or None, and the groups' names."""

    features: np.ndarray
    groups: np.ndarray
    patients: np.ndarray
    strata: np.ndarray | None
    names: tuple[str, ...]


def read(features: Path, labels: Path, group: str, patient: str, strata: Sequence[str]) -> Labelled:
    """Read a NumPy array and a CSV table of the same rows, one an image.

    Args:
        features: ``.npy`` file with an array (N, D) of numbers.
        labels: CSV file with a header and N rows in the order of the features. An empty group is unknown: the image is
            left out. An empty stratum is a stratum of its own.
        group: column of the group.
        patient: column of the patient.
        strata: columns of C.

    Raises:
        BenchError: for a file that cannot be read, a column that is not there, another number of rows, or an image
            without a patient.
    """
    array, table = _array(features), _table(labels)
    for column in (group, patient, *strata):
        if column not in table:
            raise BenchError(f"{labels} has no column {column!r}.{suggest(column, table.columns)}")
    if array.ndim == 0 or len(table) != len(array):
        raise BenchError(
            f"{labels} has {len(table)} rows and {features} an array of shape {array.shape}: the two must have the "
            "same rows in the same order, one an image."
        )
    if lacking := int(table[patient].isna().sum()):
        raise BenchError(f"{lacking} of {len(table)} rows of {labels} name no patient in column {patient!r}.")
    known = pd.Categorical(table[group])
    return Labelled(
        features=array,
        groups=np.asarray(known.codes, dtype=np.int64),
        patients=_codes(table[patient]),
        strata=np.stack([_codes(table[column]) for column in strata], axis=1) if strata else None,
        names=tuple(str(name) for name in known.categories),
    )


def _array(path: Path) -> np.ndarray:
    try:
        # Mapped, so that a large file is not held twice; never unpickled, since that could run code.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise BenchError(f"There is no file {path}. Features are an array (N, D) saved with numpy.save.") from error
    except (OSError, ValueError, EOFError) as error:
        raise BenchError(f"{path} is not a NumPy array of numbers saved with numpy.save ({error}).") from error
    if not isinstance(array, np.ndarray):
        raise BenchError(f"{path} is an archive of several arrays: save the features alone with numpy.save.")
    return array


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str)
    except FileNotFoundError as error:
        raise BenchError(f"There is no file {path}. Labels are a CSV table with one row an image.") from error
    except (OSError, ValueError) as error:
        raise BenchError(f"{path} cannot be read as a CSV table ({str(error).splitlines()[0]}).") from error


def _codes(column: pd.Series) -> np.ndarray:
    return np.asarray(pd.Categorical(column).codes, dtype=np.int64)
