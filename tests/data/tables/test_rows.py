from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.tables import Rows
from tests.miniatures import refused


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
