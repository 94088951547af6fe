"""Miniature copies of data sets: tables as they are released, and image files that only have to be there."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.errors import BenchError
from bench.task import Reading

#: Where real data sets lie on machines that have them.
REAL = Path(os.environ.get("BENCH_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def write_table(file: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> Path:
    """A CSV file of these rows, or a workbook by its suffix; columns that a row lacks are blank."""
    file.parent.mkdir(parents=True, exist_ok=True)
    names = list(columns or dict.fromkeys(name for row in rows for name in row))
    cells = [[row.get(name, "") for name in names] for row in rows]
    if file.suffix == ".xlsx":
        pd.DataFrame(cells, columns=names).to_excel(file, index=False)
        return file
    with open(file, "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([names, *cells])
    return file


def touch(root: Path, paths: Iterable[str]) -> None:
    """Empty files at these paths below the root."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def balanced(reading: Reading, rows_in: int) -> Reading:
    """The reading itself, after checking that every row is in its table or counted as left out."""
    left_out = sum(count for reason, count in reading.excluded.items() if "set to unknown" not in reason)
    assert len(reading.table) + left_out == rows_in, reading.excluded
    return reading


def refused(read: Callable[[Path | None, Any], Reading], root: Path | None, options: Any) -> str:
    """What the reader says of a folder that it refuses: one paragraph."""
    with pytest.raises(BenchError) as caught:
        read(root, options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def refused_without(
    read: Callable[[Path | None, Any], Reading], root: Path, options: Any, file: str, columns: Iterable[str]
) -> None:
    """Check that each of these columns, lacking from ``file``, is named with the file."""
    whole = pd.read_csv(root / file, dtype=str, keep_default_na=False)
    for column in columns:
        whole.drop(columns=column).to_csv(root / file, index=False)
        message = refused(read, root, options)
        assert repr(column) in message
        assert file.rpartition("/")[2] in message
    whole.to_csv(root / file, index=False)
