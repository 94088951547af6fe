"""Tables read as text: nothing is guessed, and a file that was cut short or damaged is refused."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from bench.errors import BenchError, suggest

_BROKEN_TEXT = (
    OSError, UnicodeDecodeError, EOFError, zlib.error, pd.errors.ParserError, pd.errors.EmptyDataError,
)  # fmt: skip

#: As much of a file's end is looked at as its last line may hold, in bytes.
_TAIL = 2**16


def read_table(file: Path, columns: Iterable[str], optional: Iterable[str] = ()) -> pd.DataFrame:
    """Columns of a CSV file (``.csv``, ``.csv.gz``) or of the first sheet of a workbook (``.xlsx``), all as text.

    Cells and column names are stripped; blank cells are NaN and nothing else is: "NA" and "None" are words. Rows that
    are blank throughout stay.

    Args:
        file: the table; its first row names the columns.
        columns: those that must be there, in the order in which they are returned.
        optional: those that are returned too where they are there.

    Raises:
        BenchError: for a file that cannot be read, rows longer than the header, or a column that is lacking or named
            twice.
    """
    return columns_of(read_cells(file), file, columns, optional)


def read_cells(file: Path) -> pd.DataFrame:
    """All cells of a table, as text and as they stand, without names: for tables whose header is no plain first row.

    Raises:
        BenchError: for a file that cannot be read, or rows longer than the first.
    """
    return _workbook(file) if file.suffix.lower() == ".xlsx" else _text(file)


def columns_of(cells: pd.DataFrame, file: Path, columns: Iterable[str], optional: Iterable[str] = ()) -> pd.DataFrame:
    """What :func:`read_table` makes of cells whose first row names the columns."""
    names = cells.iloc[0].fillna("").astype(str).str.strip()
    body = cells.iloc[1:].reset_index(drop=True)
    found = [name for name in names if name]
    lacking = [name for name in columns if name not in found]
    if lacking:
        hint = " Its columns seem to be parted by semicolons: save it with commas." if ";" in names.iloc[0] else ""
        raise BenchError(
            f"{file} lacks the column {', '.join(map(repr, lacking))}.{hint or suggest(lacking[0], found)}"
        )
    wanted = [*dict.fromkeys([*columns, *(name for name in optional if name in found)])]
    twice = [name for name in wanted if found.count(name) > 1]
    if twice:
        raise BenchError(f"{file} has {found.count(twice[0])} columns named {twice[0]!r}. Rename all but one.")
    place = {name: position for position, name in enumerate(names)}
    table = pd.DataFrame({name: body.iloc[:, place[name]].astype(object) for name in wanted}, index=body.index)
    stripped: pd.DataFrame = table.apply(lambda column: column.str.strip() if column.notna().any() else column)
    return stripped.mask(stripped == "")


def _text(file: Path) -> pd.DataFrame:
    """All cells of a CSV file, the header as the first row."""
    plain: dict[str, Any] = {"header": None, "dtype": str, "keep_default_na": False, "encoding": "utf-8-sig"}
    try:
        _refuse_zeros(file)
        header: pd.DataFrame = pd.read_csv(file, nrows=1, skip_blank_lines=False, **plain)
        try:
            body: pd.DataFrame = pd.read_csv(file, skiprows=1, low_memory=False, **plain)
        except pd.errors.EmptyDataError:
            return header
    except _BROKEN_TEXT as error:
        raise BenchError(f"{file} cannot be read as a CSV table: {_line(error)}. Download it again.") from error
    width = header.shape[1]
    # Some tables end every row in one comma more than the header: blank fields, and no loss.
    surplus = body.iloc[:, width:].apply(lambda column: column.str.strip()).fillna("").ne("").any(axis=1)
    if surplus.any():
        raise BenchError(
            f"{file} has {int(surplus.sum()):,} rows with more fields than its header has names, the first in line"
            f" {int(surplus.idxmax()) + 2}. A comma inside a value needs quotes around the value."
        )
    if _ends_in_the_middle(file, width):
        raise BenchError(
            f"{file} ends in the middle of line {len(body) + 1}, with fewer fields than its header has names, so rows"
            " after it are lacking as well. Download or export it again."
        )
    return pd.concat([header, body.iloc[:, :width]], ignore_index=True)


def _refuse_zeros(file: Path) -> None:
    """Refuse a text with bytes of zero in it, at which pandas ends a value in silence.

    Raises:
        BenchError: when there is one: in a file whose blocks were lost, or of another kind.
    """
    with gzip.open(file) if file.suffix.lower() == ".gz" else open(file, "rb") as content:
        if any(b"\0" in block for block in iter(lambda: content.read(2**20), b"")):
            raise BenchError(
                f"{file} cannot be read as a CSV table: it holds bytes of zero. It is damaged, or no text in UTF-8:"
                " download or export it again."
            )


def _ends_in_the_middle(file: Path, width: int) -> bool:
    """Whether the last line of a plain file has no end and too few fields; of compressed files the cut is found anyway.

    pandas reads fields that are not there as blank ones.
    """
    if file.suffix.lower() != ".csv":
        return False
    with open(file, "rb") as content:
        content.seek(-min(_TAIL, file.stat().st_size), os.SEEK_END)
        tail = content.read()
    last = tail.rpartition(b"\n")[2]
    # An end, or a line of a quoted value of several lines, of which nothing can be said.
    if not last or last.endswith(b"\r") or b'"' in last or len(last) == _TAIL:
        return False
    return last.count(b",") + 1 < width


def _workbook(file: Path) -> pd.DataFrame:
    try:
        cells: pd.DataFrame = pd.read_excel(file, header=None, dtype=str, keep_default_na=False, engine="openpyxl")
    except ImportError as error:
        raise BenchError(
            f"{file} is a workbook, which needs openpyxl: pip install openpyxl, or save the sheet as CSV beside it."
        ) from error
    except Exception as error:  # broken files make openpyxl, zipfile and the XML parser raise all there is
        raise BenchError(f"{file} cannot be read as a workbook: {_line(error)}. Download it again.") from error
    return cells


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
