"""What the data sets of skin lesions share: the groups that steps of skin tone form, the words for sex."""

from __future__ import annotations

import pandas as pd

from bench.data.tables import Rows, map_values, whole_numbers

_ROMAN = {str(number): roman for number, roman in enumerate(("I", "II", "III", "IV", "V", "VI"), start=1)}
_GROUPS = {"I": "light", "II": "light", "III": "medium", "IV": "dark", "V": "dark", "VI": "dark"}
_SEX = {"male": "M", "female": "F", "MALE": "M", "FEMALE": "F"}


def each_its_own(rows: Rows, unit: str) -> None:
    """Count the images of a set that names no patients, so that every record says what was split by instead."""
    kept = pd.Series(True, index=rows.table.index)
    rows.note(kept, f"patient unknown (kept; each {unit} counts as a patient of its own)")


def fitzpatrick(values: pd.Series, unknown: tuple[str, ...], file: object) -> dict[str, pd.Series]:
    """The columns ``fitzpatrick`` (I to VI) and ``skin_tone`` (light I-II, medium III, dark IV-VI) of types 1 to 6.

    Args:
        values: types as text, ``3`` or ``3.0``, NaN where blank.
        unknown: values that say nothing.
        file: the table they stand in, for the message.

    Raises:
        BenchError: for any other value.
    """
    types = map_values(whole_numbers(values), _ROMAN, unknown, f"Column {values.name!r} of {file}")
    return {"fitzpatrick": types, "skin_tone": types.map(_GROUPS)}


def sex(values: pd.Series, file: object) -> pd.Series:
    """``F`` and ``M``; "unknown" and blanks are NaN.

    Raises:
        BenchError: for any other word.
    """
    return map_values(values, _SEX, ("unknown",), f"Column {values.name!r} of {file}")
