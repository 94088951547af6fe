from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.data.tables import Rows, labels, map_values, numbers, one_value, only_groups, whole_numbers
from tests.miniatures import refused


def test_values_are_mapped_or_refused() -> None:
    def mapped(values: list[Any]) -> list[Any]:
        mapping = {"African American  or Black": "Black", "White": "White"}
        found = map_values(pd.Series(values, dtype=object), mapping, ["Unknown"], "Column 'race' of t.csv", "Do so.")
        return found.where(found.notna(), None).tolist()

    # Two spaces in some releases, one in others.
    assert mapped(["African American or Black", "African American  or Black"]) == ["Black", "Black"]
    assert mapped(["White", "Unknown", np.nan]) == ["White", None, None]
    assert mapped([np.nan]) == [None]
    message = refused(mapped, ["Whit", "Whit", "white", "White"])
    assert "Column 'race' of t.csv holds 'Whit' (2 rows), 'white' (1 rows)" in message
    assert "Do so. Did you mean 'White'?" in message


def test_a_patient_with_two_values() -> None:
    patients = pd.Series(["p1", "p1", "p2", "p2", "p3", "p4", "p4"])
    values = pd.Series(["White", "White", "White", "Black", np.nan, np.nan, "Asian"])
    found, torn = one_value(values, patients)
    assert found.to_dict() == {"p1": "White", "p4": "Asian"}
    assert torn == {"p2"}


def test_what_is_no_group_is_counted_by_name() -> None:
    rows = Rows(pd.DataFrame({"race": ["White", "OTHER", "HISPANIC", "OTHER", np.nan]}))
    groups = only_groups(rows, "race", rows.table["race"], ("Asian", "White"))
    assert groups.fillna("?").tolist() == ["White", "?", "?", "?", "?"]
    assert rows.unknown == {"race set to unknown (HISPANIC)": 1, "race set to unknown (OTHER)": 2}
    reading = rows.reading({"race": groups})
    assert (reading.rows, reading.excluded, reading.unknown) == (5, {}, rows.unknown)


def test_numbers() -> None:
    rows = Rows(pd.DataFrame({"age": ["5", "1e2", "old", "inf", np.nan]}))
    assert numbers(rows, "age", rows.table["age"]).fillna(-1).tolist() == [5, 100, -1, -1, -1]
    assert (rows.excluded, rows.unknown) == ({}, {"age set to unknown (not a number)": 2})


@pytest.mark.parametrize("word", ["nan", "NaN", "NA", "None", "NULL", "unknown"])
def test_words_for_a_blank_number_are_unknown_and_not_counted_as_wrong(word: str) -> None:
    rows = Rows(pd.DataFrame({"age": ["5", word]}))
    assert numbers(rows, "age", rows.table["age"]).fillna(-1).tolist() == [5, -1]
    assert rows.unknown == {}


@pytest.mark.parametrize(("policy", "doubt"), [("zeros", 0.0), ("ones", 1.0), ("ignore", -9)])
@pytest.mark.parametrize(("blank", "unmentioned"), [(0.0, 0.0), (np.nan, -9)])
def test_uncertain_and_blank_findings(policy: Any, doubt: float, blank: float, unmentioned: float) -> None:
    values = pd.Series(["1.0", "0.0", "-1.0", "1", "0", "-1", np.nan], dtype=object)
    found = labels(values, policy, blank, "Column 'x'").fillna(-9).tolist()
    assert found == [1, 0, doubt, 1, 0, doubt, unmentioned]
    assert "Column 'x' holds '2' (1 rows)" in refused(labels, pd.Series(["2"]), policy, blank, "Column 'x'")


def test_codes_of_a_column_with_blanks_lose_their_decimals() -> None:
    codes = pd.Series(["3.0", "-1.00", "0", "10", "1.5", "v1.0", None])
    assert whole_numbers(codes).fillna("blank").tolist() == ["3", "-1", "0", "10", "1.5", "v1.0", "blank"]
    assert whole_numbers(pd.Series([np.nan, np.nan], dtype=object)).isna().all()
