"""Who is who: patients written in several ways, and images that stand in a set more than once.

A person who is written in two ways would be two patients, one of whom may be tested on after the other was trained on.
Three things are told apart:

- **one form, declared by a reader**: where a set is known to write its patients as numbers, :func:`plain_numbers`;
- **certainly one person**: ids that differ in nothing but blanks, the composition of their characters, or the ``.0`` of
  a column that was exported as decimals. They become one patient (:func:`unified`);
- **perhaps one person**: ids that differ in case, separators or zeros in front (:func:`form`). They stay two patients,
  but a cohort has them in one split (:func:`together`), which harms nobody if they are two; and whoever runs on the set
  is told.

Sentences made here name images, never a patient.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

#: A whole number that was written as a decimal, and one that a spreadsheet rounded.
_DECIMAL = re.compile(r"\d+\.0+")
_EXPONENT = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
#: Zeros before a number, which is no part of a larger one.
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
#: What parts a number from what stands before it, and what parts numbers from each other.
_AFTER_LETTER, _BETWEEN = re.compile(r"(?<=[^\W\d_])[\W_]+(?=\d)"), re.compile(r"[\W_]+")
_NAMED = 3

#: How the attrition table counts what was found, by reason: images that stay.
UNIFIED = "patient written in several ways (kept; made one)"
ALIKE = "patient written like another (kept)"
REPEATED = "image the same as another {} (kept)"
#: What repeated images are, the worst first, and what to do.
_KINDS = {
    "in another split": "What one split is scored on stands in another: leave one of the two out of the set's table.",
    "of another patient": "One person may be two patients there, or one patient has another's image.",
    "of the same patient": "They count twice.",
}


def plain_numbers(ids: pd.Series) -> pd.Series:
    """Ids that are whole numbers without zeros in front and without ``.0``; what is none stays as it stands.

    For a reader whose data set is known to number its patients: ``00000012``, ``12.0`` and ``12`` are ``12``.
    """
    return ids.str.replace(r"^0*(\d+)(?:\.0+)?$", r"\1", regex=True)


def form(patient: str) -> str:
    """What an id has in common with every other that may be of the same person: lower case, no zeros in front, …"""
    if patient.isascii() and patient.isdigit() and patient[0] != "0":
        return patient  # most ids of large sets
    plain = _certain(patient).casefold()
    plain = _AFTER_LETTER.sub("", plain)
    return _ZEROS.sub("", _BETWEEN.sub("-", plain))


def alike(patients: Iterable[str]) -> dict[str, str]:
    """The ids that share their form with another id: form by id."""
    forms = {patient: form(patient) for patient in dict.fromkeys(patients)}
    times = Counter(forms.values())
    return {patient: common for patient, common in forms.items() if times[common] > 1}


def together(patients: pd.Series) -> pd.Series:
    """What decides of each patient's split: the id or, where it is like another, the form of both.

    An id that is like no other is split as ever, whoever else is there.
    """
    found = alike(patients)
    return patients.map(lambda patient: found.get(patient, patient)) if found else patients


def unified(patients: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Ids with those of certainly one person made one, and which of them were written otherwise, ``(N,)`` bool.

    An id alone in what it stands for is left as it is, so that a set that is written in one form is split as ever.
    """
    certain = {patient: _certain(patient) for patient in patients.unique()}
    times = Counter(certain.values())
    several = {patient: one for patient, one in certain.items() if times[one] > 1}
    return patients.map(lambda patient: several.get(patient, patient)), patients.isin(several.keys())


def spelt(table: pd.DataFrame) -> list[str]:
    """A sentence for each way in which the patients of a cohort's table are written doubtfully."""
    return [*_alike_words(table), *_rounded_words(table)]


class SamePixels:
    """Tells, image by image, which shows the very pixels of one before it.

    Images of one value throughout show nothing, and are the same as none.
    """

    def __init__(self) -> None:
        self._first: dict[bytes, int] = {}

    def before(self, row: int, image: np.ndarray) -> int | None:
        """The row of the first image with these pixels ``(…) uint8``; None where this is the first."""
        content = np.ascontiguousarray(image)
        if content.size == 0 or content.min() == content.max():
            return None
        first = self._first.setdefault(hashlib.blake2b(content.data, digest_size=16).digest(), row)
        return None if first == row else first


def same_pixels(pixels: np.ndarray) -> dict[int, int]:
    """Images that show the very pixels of one before them: row of the first, by row.

    Args:
        pixels: ``(N, …) uint8``; a memory map is read once, from its beginning to its end.
    """
    same = SamePixels()
    found = ((row, same.before(row, image)) for row, image in enumerate(pixels))
    return {row: first for row, first in found if first is not None}


def counts(table: pd.DataFrame, repeated: Mapping[str, str]) -> dict[str, int]:
    """How many images of a cohort's table repeat another of it, by what that does to scores; each counts once.

    Args:
        table: images that are not in it count for nothing.
        repeated: the first image that is the same, by image.
    """
    found = _pairs(table, repeated)["kind"].value_counts()
    return {REPEATED.format(kind): int(found[kind]) for kind in _KINDS if kind in found}


def duplicates(table: pd.DataFrame, repeated: Mapping[str, str]) -> list[str]:
    """A sentence for each kind of repeated images that :func:`counts` counts."""
    pairs = _pairs(table, repeated)
    sentences = []
    for kind, of_kind in pairs.groupby("kind", sort=False):
        named = [f"{row.first} and {row.image}" for row in of_kind.head(_NAMED).itertuples()]
        more = " …" if len(of_kind) > _NAMED else ""
        sentences.append(
            f"{len(of_kind):,} images are the same as another, {kind}: {'; '.join(named)}{more}. {_KINDS[str(kind)]}"
        )
    return sentences


def _pairs(table: pd.DataFrame, repeated: Mapping[str, str]) -> pd.DataFrame:
    """The repeated images that are in the table: ``image``, ``first`` and ``kind``."""
    pairs = pd.DataFrame({"image": [*repeated.keys()], "first": [*repeated.values()]}, dtype=object)
    pairs = pairs[pairs["image"].isin(table["image"]) & pairs["first"].isin(table["image"])]
    of_image = table.set_index("image")
    same = {
        name: of_image[name][pairs["image"]].to_numpy() == of_image[name][pairs["first"]].to_numpy()
        for name in ("split", "patient")
    }
    in_another, of_another, of_one = _KINDS
    return pairs.assign(kind=np.where(~same["split"], in_another, np.where(~same["patient"], of_another, of_one)))


def _alike_words(table: pd.DataFrame) -> list[str]:
    found = alike(table["patient"])
    if not found:
        return []
    forms = table["patient"].map(found)
    persons = forms.nunique()
    apart = int((table.groupby(forms)["split"].nunique() > 1).sum())
    where = (
        f"The official split has {apart:,} of them in more than one split: task.split=hash keeps them together."
        if apart
        else "Each of them is kept in one split."
    )
    return [
        f"{len(found):,} patients of {int(forms.notna().sum()):,} images are written like another, but for case,"
        f" separators or zeros in front, and may be {persons:,} persons: {_examples(table, forms)}. {where} Write"
        " patients in one form in the set's table."
    ]


def _rounded_words(table: pd.DataFrame) -> list[str]:
    rounded = table["patient"].str.fullmatch(_EXPONENT)
    if not rounded.any():
        return []
    return [
        f"{int(rounded.sum()):,} images have a patient written as a power of ten, as spreadsheets write long numbers"
        f" (image {table['image'][rounded].iloc[0]} first): its last digits are lost, and several persons may be one"
        " patient. Export the set's table again, with patients as text."
    ]


def _examples(table: pd.DataFrame, forms: pd.Series) -> str:
    """The first images of the first few persons, each in two spellings."""
    spellings = table.assign(form=forms).dropna(subset=["form"]).drop_duplicates("patient").groupby("form", sort=False)
    named = [" and ".join(images.head(2)) for _, images in list(spellings["image"])[:_NAMED]]
    return "images " + "; ".join(named) + (" …" if len(spellings) > _NAMED else "")


def _certain(patient: str) -> str:
    """The id with all that is certainly no part of it taken off."""
    if patient.isascii() and patient.isalnum():
        return patient
    plain = " ".join(unicodedata.normalize("NFKC", patient).split())
    return plain.partition(".")[0] if _DECIMAL.fullmatch(plain) else plain
