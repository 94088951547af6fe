"""Values of a table mapped to what they stand for, and never guessed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from bench.data.tables.rows import Rows
from bench.errors import BenchError, suggest

#: Words for a number that is not known, in lower case: blank cells as programs export them.
_SILENT = ("nan", "na", "n/a", "none", "null", "unknown")

#: What to make of a finding that the labeler calls uncertain: absent, present, or unknown.
Uncertain = Literal["zeros", "ones", "ignore"]


def map_values(
    values: pd.Series,
    mapping: Mapping[str, str | float],
    unknown: Collection[str],
    where: str,
    remedy: str = "",
    lines: bool = False,
) -> pd.Series:
    """Each value by what the mapping makes of it; those listed as unknown, and blanks, are NaN.

    Spaces in a row count as one, in the values and in the mapping, since releases differ in them.

    Args:
        values: text, NaN where blank.
        mapping: value → what it stands for.
        unknown: values that say nothing.
        where: what holds them, for the message ("Column 'race' of /data/admissions.csv.gz").
        remedy: a sentence on what to do about a value of another kind.
        lines: whether the index is each value's line in its file, for the message.

    Raises:
        BenchError: for a value that is in neither; all of them are named, with the rows of each.
    """
    meaning: dict[str, Any] = {_one_space(word): np.nan for word in unknown}
    meaning |= {_one_space(word): meant for word, meant in mapping.items()}
    plain = values.map({value: _one_space(value) for value in values.dropna().unique()})
    strange = plain[plain.notna() & ~plain.isin(meaning)].value_counts()
    if len(strange):
        firsts = {value: f" from line {(plain == value).idxmax()} on" if lines else "" for value in strange.index[:10]}
        listed = ", ".join(f"{value!r} ({strange[value]:,} rows){first}" for value, first in firsts.items())
        more = f" and {len(strange) - 10} more" if len(strange) > 10 else ""
        raise BenchError(
            f"{where} holds {listed}{more}, which nothing says how to read.{remedy and ' ' + remedy}"
            f"{suggest(str(strange.index[0]), [word or '(blank)' for word in meaning])}"
        )
    return plain.map(meaning).astype(object)


def whole_numbers(values: pd.Series) -> pd.Series:
    """Codes as text without the ``.0`` that a column with blanks is exported with: ``3.0`` is ``3``."""
    return values.str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)


def one_value(values: pd.Series, patients: pd.Series) -> tuple[pd.Series, set[str]]:
    """Each patient's one recorded value, from a table with several rows a patient.

    Args:
        values: the value of each row, NaN where nothing is known.
        patients: the patient of each row.

    Returns:
        The value by patient (patients without any are not in it), and the patients of whom two are recorded.
    """
    known = pd.DataFrame({"patient": patients, "value": values}).dropna().drop_duplicates()
    torn = set(known["patient"][known["patient"].duplicated()])
    return known[~known["patient"].isin(torn)].set_index("patient")["value"], torn


def only_groups(rows: Rows, name: str, values: pd.Series, groups: Collection[str]) -> pd.Series:
    """Values that are no group of the task set to unknown, counted by value: ``race set to unknown (HISPANIC)``."""
    other = values.notna() & ~values.isin(list(groups))
    for value in sorted(values[other].unique()):
        rows.note(values == value, f"{name} set to unknown ({value})")
    return values.mask(other)


def numbers(rows: Rows, name: str, values: pd.Series) -> pd.Series:
    """Text as numbers; what is none is set to unknown and counted: ``age set to unknown (not a number)``.

    Blanks, and words that stand for them ("nan"), are unknown and not counted.
    """
    parsed = pd.to_numeric(values, errors="coerce").astype(float)
    parsed = parsed.where(np.isfinite(parsed))
    strange = values.notna() & parsed.isna() & ~values.astype(str).str.lower().isin(_SILENT)
    rows.note(strange, f"{name} set to unknown (not a number)")
    return parsed


def labels(values: pd.Series, uncertain: Uncertain, blank: float, where: str) -> pd.Series:
    """A finding as labelers of reports write it, 1, 0, −1 (uncertain) or blank, as 1, 0 or NaN.

    Args:
        values: text, NaN where the report does not mention the finding.
        uncertain: what −1 becomes.
        blank: what a finding that is not mentioned becomes, 0 or NaN.
        where: what holds them, for the message.

    Raises:
        BenchError: for a value of another kind.
    """
    doubt = {"zeros": 0.0, "ones": 1.0, "ignore": np.nan}[uncertain]
    meaning = {f"{value}{end}": meant for value, meant in ((1, 1.0), (0, 0.0), (-1, doubt)) for end in ("", ".0")}
    return map_values(values, meaning, (), where).astype(float).mask(values.isna(), blank)


def _one_space(text: str) -> str:
    return " ".join(text.split())
