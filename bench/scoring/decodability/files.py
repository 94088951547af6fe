"""Features and labels from files, for whoever has a network but not this framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.tables import read_table
from bench.errors import BenchError, listed, suggest
from bench.records import FEATURES
from bench.task import Attribute, Confounder

#: A column of more different words than this, most of them numbers, is one of numbers with something odd in it.
_MANY = 20


@dataclass(frozen=True)
class Labels:
    """What a table says of N images: codes (N,) of their patients, attributes to be read, and the columns of C.

    The code of an unknown group is -1; ``left_out`` counts these images, by attribute and reason.
    """

    patients: np.ndarray
    attributes: tuple[Attribute, ...]
    confounders: tuple[Confounder, ...]
    left_out: Mapping[str, Mapping[str, int]]

    def of(self, attribute: Attribute) -> tuple[Confounder, ...]:
        """The columns of C for an attribute: it does not explain itself."""
        return tuple(one for one in self.confounders if one.name != attribute.name)


def read_features(path: Path) -> dict[str, np.ndarray]:
    """The layers of one network by their names, each (N, D).

    Args:
        path: a ``.npy`` file with one array, the layer "features"; or an ``.npz`` archive with one array a layer.

    Raises:
        BenchError: for a file that is missing or no such thing, and an archive without an array.
    """
    try:
        # Mapped, so that a large file is not held twice; never unpickled, since that could run code.
        found = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(found, np.ndarray):
            return {FEATURES: found}
        with found:
            layers = {name: found[name] for name in found.files}
    except FileNotFoundError as error:
        raise BenchError(
            f"There is no file {path}. Features are an array (N, D) saved with numpy.save, or several layers of one "
            "network saved with numpy.savez."
        ) from error
    except Exception as error:  # NumPy raises whatever the zip and the header of a damaged file lead to
        raise BenchError(f"{path} is not a NumPy array of numbers saved with numpy.save or savez ({error}).") from error
    if not layers:
        raise BenchError(f"{path} is an archive without an array: save one a layer with numpy.savez.")
    return layers


def read_labels(
    labels: Path,
    n: int,
    groups: Sequence[str],
    patient: str,
    given: Sequence[str] = (),
    known: Sequence[str] = (),
    unknown: Sequence[str] = (),
) -> Labels:
    """Read the table of N images.

    Args:
        labels: table (see :func:`bench.data.tables.read_table`) with N rows in the order of the features. A blank group
            is unknown: the image is left out. Every word is a group of its own, "NA" and "-1" too.
        n: N.
        groups: columns of attributes to be read.
        patient: column of the patient.
        given: columns of the diagnosis: labels, view, sex, age. A column of 0 and 1 is a label, one of other numbers a
            number, all else categories; blank is unknown.
        known: other columns of what is known: BMI, density, site, scanner.
        unknown: words that stand for unknown, in any of these columns.

    Raises:
        BenchError: for a table that cannot be read, columns that are not there or named twice, another number of rows,
            an image without a patient, a patient of two groups, a word for unknown that does not occur, a column of
            numbers with words in it.
    """
    columns = [*given, *known]
    twice = sorted({name for name in columns if columns.count(name) > 1 or name == patient})
    twice += sorted({name for name in groups if groups.count(name) > 1})
    if twice:
        raise BenchError(
            f"Column {listed(list(map(repr, twice)))} is named twice: a column is the patient's or part of C, and of C "
            "it belongs to the diagnosis (given) or to what else is known (known)."
        )
    if not labels.is_file():
        raise BenchError(f"There is no file {labels}. Labels are a table with one row an image.")
    table = read_table(labels, list(dict.fromkeys([*groups, patient, *columns])))
    if len(table) != n:
        raise BenchError(
            f"{labels} has {len(table)} rows and the features have {n}: the two must have the same rows in the same "
            "order, one an image."
        )
    nobody = table[patient].isna()
    if nobody.any():
        raise BenchError(
            f"{int(nobody.sum())} of {len(table)} rows of {labels} name no patient in column {patient!r}, the first in"
            f" line {nobody.idxmax()}."
        )
    _refuse_unheard(table[[*groups, *columns]], unknown, labels)
    left_out, attributes = {}, []
    for name in groups:
        words, left_out[name] = _known(table[name], unknown)
        _refuse_torn(words, table[patient], labels)
        names, codes = _codes(words)
        attributes.append(Attribute(name, names, codes))
    confounders = [_confounder(table[name], unknown, labels, name in known) for name in columns]
    return Labels(_codes(table[patient])[1], tuple(attributes), tuple(confounders), left_out)


def _refuse_unheard(table: pd.DataFrame, unknown: Sequence[str], labels: Path) -> None:
    """Refuse words for unknown that stand nowhere."""
    present = sorted({word for name in table for word in table[name].dropna()})
    for word in unknown:
        if word not in present:
            raise BenchError(
                f"{word!r} is to stand for unknown, and no column of {labels} that is read holds it."
                f"{suggest(word, present)}"
            )


def _known(words: pd.Series, unknown: Sequence[str]) -> tuple[pd.Series, dict[str, int]]:
    """The groups with NaN for all that is unknown, and how many images that is, by reason."""
    left_out = {f"{words.name} is blank": int(words.isna().sum())}
    left_out |= {f"{words.name} is {word!r}, which stands for unknown": int((words == word).sum()) for word in unknown}
    return words.mask(words.isin(list(unknown))), {reason: n for reason, n in left_out.items() if n}


def _confounder(words: pd.Series, unknown: Sequence[str], labels: Path, covariate: bool) -> Confounder:
    """A column of C, typed by its values."""
    name, words = str(words.name), words.mask(words.isin(list(unknown)))
    numbers = pd.to_numeric(words, errors="coerce")
    odd = words.notna() & (numbers.isna() | np.isinf(numbers))
    if not odd.any() and numbers.isin([0, 1]).sum() == words.notna().sum():
        return Confounder(name, "label", numbers.fillna(-1).to_numpy(np.int64), covariate=covariate)
    if not odd.any():
        return Confounder(name, "number", numbers.to_numpy(np.float64), covariate=covariate)
    if words.nunique() > _MANY and odd.sum() < words.notna().sum() / 2:
        word = words[odd].iloc[0]
        raise BenchError(
            f"Column {name!r} of {labels} holds numbers but for {int(odd.sum())} cells, the first {word!r} in line "
            f"{odd.idxmax()}. Numbers alone are allowed there; --unknown={word} says that the word stands for unknown."
        )
    levels, codes = _codes(words)
    return Confounder(name, "category", codes, levels, covariate)


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


def _codes(words: pd.Series) -> tuple[tuple[str, ...], np.ndarray]:
    """The words in their order, and each row's place among them, -1 where it is blank."""
    found = pd.Categorical(words)
    return tuple(map(str, found.categories)), np.asarray(found.codes, dtype=np.int64)
