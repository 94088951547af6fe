from __future__ import annotations

import builtins
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.tables import (
    Rows,
    columns_of,
    files_below,
    find_one,
    labels,
    map_values,
    numbers,
    one_value,
    only_groups,
    read_cells,
    read_table,
    whole_numbers,
)
from bench.errors import BenchError
from tests.miniatures import refused, write_rows


def read(tmp_path: Path, text: str, columns: tuple[str, ...] = ("a",), optional: tuple[str, ...] = ("b",)) -> Any:
    file = tmp_path / "table.csv"
    file.write_text(text, encoding="utf-8")
    return read_table(file, columns, optional).where(lambda table: table.notna(), None).to_dict("list")


def test_cells_are_stripped_text_and_only_blanks_are_missing(tmp_path: Path) -> None:
    text = "\ufeff a , b ,c\n 007 ,NA,x\n,None,x\n 1.50, ,x\n"
    assert read(tmp_path, text) == {"a": ["007", None, "1.50"], "b": ["NA", "None", None]}
    assert read(tmp_path, "b,a\n1,2\n") == {"a": ["2"], "b": ["1"]}
    assert read(tmp_path, "a\n") == {"a": []}


def test_fields_beyond_the_header(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,2,\n3,4, \n") == {"a": ["1", "3"], "b": ["2", "4"]}
    assert read(tmp_path, 'a,b\n"x, y",2\n') == {"a": ["x, y"], "b": ["2"]}
    message = refused(read, tmp_path, "a,b\n1,2,\n3,White, non-Hispanic\n")
    assert "1 rows with more fields" in message
    assert "line 3" in message
    assert "table.csv cannot be read" in refused(read, tmp_path, "a,b\n1,2\n3,White, non-Hispanic\n")


def test_a_column_that_is_lacking_or_there_twice(tmp_path: Path) -> None:
    message = refused(read, tmp_path, "Patient,b\n1,2\n", ("patient",))
    assert "table.csv lacks the column 'patient'" in message
    assert "Did you mean 'Patient'?" in message
    assert "2 columns named 'a'" in refused(read, tmp_path, "a,b,a\n1,2,3\n")
    assert "semicolons" in refused(read, tmp_path, "a;b\n1;2\n")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x81" * 50, b'a,b\n"1,2\n', b"a\n\x00\n" + b"\xe9"])
def test_a_file_that_is_no_table(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.csv"
    file.write_bytes(content)
    assert "broken.csv cannot be read as a CSV table" in refused(read_table, file, ["a"])


def test_compressed_and_cut_short(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "t.csv.gz", [{"a": f"00{n}"} for n in range(500)])
    assert read_table(file, ["a"])["a"].tolist()[:2] == ["000", "001"]
    file.write_bytes(file.read_bytes()[:200])
    assert "t.csv.gz cannot be read" in refused(read_table, file, ["a"])
    file.write_bytes(gzip.compress(b"a\n1\n")[:-8] + b"\0" * 8)
    assert "t.csv.gz cannot be read" in refused(read_table, file, ["a"])


def test_a_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_rows(tmp_path / "t.xlsx", [{"a ": "p1", "b": 54}, {"a ": " NA", "b": None}])
    assert read_table(file, ["a", "b"]).astype(object).where(lambda t: t.notna(), None).to_numpy().tolist() == [
        ["p1", "54"],
        ["NA", None],
    ]
    whole = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("openpyxl"):
            raise ImportError(name)
        return whole(name, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", without)
        patch.setattr("pandas.compat._optional.importlib.import_module", without)
        assert "pip install openpyxl" in refused(read_table, file, ["a"])
    file.write_bytes(file.read_bytes()[:300])
    assert "t.xlsx cannot be read as a workbook" in refused(read_table, file, ["a"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.sampled_from(["1", "", "x"])), max_size=30))
def test_rows_in_are_rows_left_and_rows_counted(cells: list[tuple[str, str]]) -> None:
    table = pd.DataFrame(cells, columns=["name", "value"], dtype=object).replace("", np.nan)
    rows = Rows(table)
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing(["name"], "name")
    rows.leave_out(rows.table["value"] == "x", "odd")
    left = [cell for cell in dict.fromkeys(cells) if cell[0] and cell[1] != "x"]
    reading = rows.reading({"name": rows.table["name"]})
    assert len(table) == reading.rows == len(reading.table) + sum(reading.excluded.values())
    assert reading.table["name"].tolist() == [name for name, _ in left]
    assert reading.table.index.tolist() == list(range(len(left)))


def test_rows_left_out_before_there_was_a_table_and_rows_that_become_one() -> None:
    rows = Rows(pd.DataFrame({"name": ["a", "a", "b"], "reader": ["1", "2", "1"]}), {"early": 4, "never": 0})
    assert (rows.rows, rows.excluded) == (7, {"early": 4})
    rows.merge(["name"])
    rows.leave_out(rows.table["name"] == "b", "late")
    assert rows.table.index.tolist() == [0]
    reading = rows.reading({"name": rows.table["name"]})
    assert (reading.rows, reading.excluded) == (6, {"early": 4, "late": 1})


def test_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "one.png").touch()
    rows = Rows(pd.DataFrame({"file": ["one.png", "two.png", np.nan]}))
    rows.leave_out_files(tmp_path, rows.table["file"], "Look here.")
    assert (rows.table["file"].tolist(), rows.excluded) == (["one.png"], {"image file missing": 2})
    rows = Rows(pd.DataFrame({"file": ["two.png"]}))
    message = refused(rows.leave_out_files, tmp_path, rows.table["file"], "Look here.")
    assert "none of the 1 images" in message
    assert "two.png. Look here." in message


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


@pytest.mark.parametrize(("policy", "doubt"), [("zeros", 0.0), ("ones", 1.0), ("ignore", -9)])
@pytest.mark.parametrize(("blank", "unmentioned"), [(0.0, 0.0), (np.nan, -9)])
def test_uncertain_and_blank_findings(policy: Any, doubt: float, blank: float, unmentioned: float) -> None:
    values = pd.Series(["1.0", "0.0", "-1.0", "1", "0", "-1", np.nan], dtype=object)
    found = labels(values, policy, blank, "Column 'x'").fillna(-9).tolist()
    assert found == [1, 0, doubt, 1, 0, doubt, unmentioned]
    assert "Column 'x' holds '2' (1 rows)" in refused(labels, pd.Series(["2"]), policy, blank, "Column 'x'")


def test_one_file_is_found(tmp_path: Path) -> None:
    find: Callable[..., Path] = find_one
    assert "holds no a.csv or b.csv, the table. task.root must" in refused(
        find, tmp_path, ("a.csv", "b.csv"), "the table"
    )
    for name in ("b.csv", "sub/a.csv", "prsn_1.csv", "prsn_2.csv"):
        write_rows(tmp_path / name, [])
    assert find(tmp_path, ("a.csv", "b.csv"), "the table") == tmp_path / "b.csv"
    assert find(tmp_path, ("a.csv", "b.csv"), "the table", (".", "s*")) == tmp_path / "sub/a.csv"
    assert "several files that may be the people: prsn_1.csv, prsn_2.csv" in refused(
        find, tmp_path, ("prsn_*.csv",), "the people"
    )


def test_files_of_several_folders(tmp_path: Path) -> None:
    for name in ("top.png", "a/x.png", "b/x.png", "b/y.png", "b/c/z.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert files_below(tmp_path, (".", "[ab]")) == {"top.png": "top.png", "x.png": "a/x.png", "y.png": "b/y.png"}


def test_codes_of_a_column_with_blanks_lose_their_decimals() -> None:
    codes = pd.Series(["3.0", "-1.00", "0", "10", "1.5", "v1.0", None])
    assert whole_numbers(codes).fillna("blank").tolist() == ["3", "-1", "0", "10", "1.5", "v1.0", "blank"]
    assert whole_numbers(pd.Series([np.nan, np.nan], dtype=object)).isna().all()


def test_a_header_below_the_first_row(tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    file.write_text("a heading,\na,b\n 1,2\n", encoding="utf-8")
    assert columns_of(read_cells(file).iloc[1:], file, ["b", "a"]).to_dict("list") == {"b": ["2"], "a": ["1"]}


def test_a_table_that_was_cut_off_is_refused(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("a,b,c\n1,2,3\n4,5")
    with pytest.raises(BenchError, match="ends in the middle of line 3"):
        read_table(file, ["a"])
    for whole in ("a,b,c\n1,2,3\n4,5,6", "a,b,c\n1,2,3\n4,5,\n", "a,b,c\n1,2,3\n4,5\n", 'a,b,c\n1,2,3\n4,5,"x\ny"'):
        file.write_text(whole)
        assert read_table(file, ["a"])["a"].tolist() == ["1", "4"]
