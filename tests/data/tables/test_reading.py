from __future__ import annotations

import builtins
import gzip
from pathlib import Path
from typing import Any

import pytest

from bench.data.tables import columns_of, read_cells, read_table
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
    # One that is at the end of some rows may as well be inside a value: "Smith, J" and a blank end.
    message = refused(read, tmp_path, "a,b,c\n1,2,3\nSmith, J,White,\n")
    assert "1 rows with more fields" in message
    assert "line 3" in message
    assert "at the end of every row" in message


def test_a_column_that_is_lacking_or_there_twice(tmp_path: Path) -> None:
    message = refused(read, tmp_path, "Patient,b\n1,2\n", ("patient",))
    assert "table.csv lacks the column 'patient'" in message
    assert "Did you mean 'Patient'?" in message
    assert "2 columns named 'a', in places 1 and 3" in refused(read, tmp_path, "a,b,a\n1,2,3\n")
    assert "Its only column is 'a|b': commas, semicolons or tabs" in refused(read, tmp_path, "a|b\n1|2\n")
    message = refused(read, tmp_path, "Age,Sexx,c\n1,2,3\n", ("Agee", "Sex", "zz"))
    assert (
        "lacks the column 'Agee', 'Sex', 'zz'. For 'Agee', did you mean 'Age'? For 'Sex', did you mean 'Sexx'?"
        in message
    )


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
