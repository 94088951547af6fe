from __future__ import annotations

import csv
import gzip
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.tables import column_names, read_cells, read_table
from tests.miniatures import refused

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
#: What all of the encodings hold; no spaces at the ends, which are stripped, and no lone carriage returns.
WORDS = st.text(st.sampled_from("aB7 ,;\t\"'|#&[]äßé€-\n"), max_size=8).map(str.strip)


def written(rows: list[list[str]], encoding: str, separator: str, quoting: Any, end: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=end).writerows(rows)
    return text.getvalue().encode(encoding)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=6),
    st.sampled_from(ENCODINGS),
    st.sampled_from(",;\t"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    cells: list[tuple[str, ...]],
    encoding: str,
    separator: str,
    quoting: Any,
    end: str,
    packed: bool,
) -> None:
    header = ["patient", "Größe", "race"]
    content = written([header, *map(list, cells)], encoding, separator, quoting, end)
    file = tmp_path_factory.mktemp("t") / ("t.csv.gz" if packed else "t.csv")
    file.write_bytes(gzip.compress(content) if packed else content)
    table = read_table(file, header)
    assert table.fillna("").to_numpy().tolist() == [list(row) for row in cells]
    assert column_names(file) == header
    assert len(read_cells(file)) == len(cells) + 1
    lines = re.split("\r\n|\n|\r", content.decode(encoding))
    for line, first in zip(table.index, table["patient"], strict=True):
        if isinstance(first, str) and not set(first) & set(' ,;\t"\n'):
            assert lines[line - 1].lstrip('"').startswith(first)


@pytest.mark.parametrize("word", ["NA", "None", "nan", "NULL", "n/a", "#N/A", "-1", "007", "1.50", "1e5", "True"])
def test_words_are_words(tmp_path: Path, word: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text(f"a,b\n{word},\n")
    table = read_table(file, ["a", "b"])
    assert table["a"].tolist() == [word]
    assert table["b"].isna().all()


def test_the_index_is_the_line(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('a,b\n\n1,x\n2,"two\nlines"\n\n   \n3,y\n')
    table = read_table(file, ["a"])
    assert (table.index.tolist(), table.index.name) == ([3, 4, 8], "line")
    file.write_text("sep=;\na;b\n1;x,y\n")
    table = read_table(file, ["a", "b"])
    assert (table.index.tolist(), table["b"].tolist()) == ([3], ["x,y"])
    pd.DataFrame([["a"], ["1"]]).to_excel(tmp_path / "t.xlsx", header=False, index=False)
    assert read_table(tmp_path / "t.xlsx", ["a"]).index.tolist() == [2]


def test_separators_inside_values(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id;age;race\n1;61,5;White, not Hispanic\n2;40,1;Black\n")
    assert read_table(file, ["age"])["age"].tolist() == ["61,5", "40,1"]
    file.write_text("id,a; b; c,race\n1,x;y,White\n")
    assert read_table(file, ["a; b; c"]).iloc[0, 0] == "x;y"
    file.write_text("name, first;race\nSmith, J;White\n")
    assert "parted by commas and by semicolons into 2 names each" in refused(read_table, file, ["race"])


def test_encodings_that_are_not_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes("a,b\nä,ö\nü,é\n".encode() + b"\xe4,x\n")
    assert "it is in UTF-8, and 1 of its bytes are not" in refused(read_table, file, ["a"])
    file.write_bytes(b"a,b\n\x81\x8d,x\n")
    assert "it is no text in c" in refused(read_table, file, ["a"])
    file.write_bytes("a,b\nä,ö\n".encode("utf-16")[:-1])
    assert "it is no text in utf-16" in refused(read_table, file, ["a"])
    file.write_bytes("a,b\nWeiß,“x”\n".encode("cp1252"))
    assert read_table(file, ["a"])["a"].tolist() == ["Weiß"]
    assert "t.csv is not in UTF-8 and is read as cp1252" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('a,b\n1,2\n3,"x\n4,5\n', "the row that begins in line 3 is not whole"),
        ('a,b\n1,2\n"x" y,2\n', "the row that begins in line 3 is not whole"),
        ("a,b\n1,2,3\n4,5\n", "1 rows with more fields than its header has names, the first in line 2"),
        ("a;b\n1;2;3\n", "A semicolon inside a value"),
        ("\n\n", "it is empty"),
        ("a,b\n1,\0\n", "bytes of zero"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text(text)
    message = refused(read_table, file, ["a"])
    assert words in message
    assert str(file) in message
