"""Features and labels from files, for whoever has a network but not this framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.tables import read_table
from bench.errors import BenchError, listed, suggest


@dataclass(frozen=True)
class Labelled:
    """Features (N, D), codes (N,) of groups and patients, codes (N, S) of C or None, and the groups' names.

    The code of an unknown group is -1; ``left_out`` counts these images, by reason.
    """

    features: np.ndarray
    groups: np.ndarray
    patients: np.ndarray
    strata: np.ndarray | None
    names: tuple[str, ...]
    left_out: Mapping[str, int]


def read(
    features: Path,
    labels: Path,
    group: str,
    patient: str,
    strata: Sequence[str],
    unknown: Sequence[str] = (),
) -> Labelled:
    """Read a NumPy array and a table of the same rows, one an image.

    Args:
        features: ``.npy`` file with an array (N, D) of numbers.
        labels: table (see :func:`bench.data.tables.read_table`) with N rows in the order of the features. A blank group
            is unknown: the image is left out. Every word is a group of its own, "NA" and "-1" too. A blank stratum is a
            stratum of its own.
        group: column of the group.
        patient: column of the patient.
        strata: columns of C.
        unknown: words of the group's column that stand for an unknown group.

    Raises:
        BenchError: for a file that cannot be read, columns that are not there, another number of rows, an image
            without a patient, a patient of two groups, or a word for unknown that does not occur.
    """
    array = _array(features)
    if not labels.is_file():
        raise BenchError(f"There is no file {labels}. Labels are a table with one row an image.")
    table = read_table(labels, [group, patient, *strata])
    if array.ndim == 0 or len(table) != len(array):
        raise BenchError(
            f"{labels} has {len(table)} rows and {features} an array of shape {array.shape}: the two must have the "
            "same rows in the same order, one an image."
        )
    nobody = table[patient].isna()
    if nobody.any():
        raise BenchError(
            f"{int(nobody.sum())} of {len(table)} rows of {labels} name no patient in column {patient!r}, the first in"
            f" line {nobody.idxmax()}."
        )
    words, left_out = _known(table[group], unknown, labels)
    _refuse_torn(words, table[patient], labels)
    names, groups = _codes(words)
    return Labelled(
        features=array,
        groups=groups,
        patients=_codes(table[patient])[1],
        strata=np.stack([_codes(table[column])[1] for column in strata], axis=1) if strata else None,
        names=names,
        left_out=left_out,
    )


def _known(words: pd.Series, unknown: Sequence[str], labels: Path) -> tuple[pd.Series, dict[str, int]]:
    """The groups with NaN for all that is unknown, and how many images that is, by reason."""
    for word in unknown:
        if not (words == word).any():
            present = sorted(words.dropna().unique())
            raise BenchError(
                f"{word!r} is to stand for an unknown {words.name}, and column {words.name!r} of {labels} does not hold"
                f" it.{suggest(word, present)}"
            )
    left_out = {f"{words.name} is blank": int(words.isna().sum())}
    left_out |= {f"{words.name} is {word!r}, which stands for unknown": int((words == word).sum()) for word in unknown}
    return words.mask(words.isin(list(unknown))), {reason: n for reason, n in left_out.items() if n}


def _refuse_torn(words: pd.Series, patients: pd.Series, labels: Path) -> None:
    """Refuse patients of whom two groups are recorded."""
    groups = words.groupby(patients).nunique()
    torn = groups.index[groups > 1]
    if len(torn):
        first = words[(patients == patients[patients.isin(torn)].iloc[0]) & words.notna()].drop_duplicates()
        lines = [f"{word!r} in line {line}" for line, word in first.items()]
        raise BenchError(
            f"{len(torn):,} patients in {labels} are of two groups or more in column {words.name!r}, the first of them"
            f" {listed(lines)}. A patient is of one group: mend the table, or leave the cells of such patients blank,"
            " which leaves their images out."
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


def _codes(words: pd.Series) -> tuple[tuple[str, ...], np.ndarray]:
    """The words in their order, and each row's place among them, -1 where it is blank."""
    found = pd.Categorical(words)
    return tuple(map(str, found.categories)), np.asarray(found.codes, dtype=np.int64)
