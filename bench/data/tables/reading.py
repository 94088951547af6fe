"""Tables of all kinds, read as text: nothing is guessed, and a file that was cut short or damaged is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.tables.text import Record, records
from bench.errors import BenchError, listed, suggest

#: Name of the index of a table that was read: the line of each row in its file, of a workbook the row's number.
LINE = "line"
_WORKBOOKS = (".xlsx", ".xlsm")


def read_table(file: Path, columns: Iterable[str], optional: Iterable[str] = ()) -> pd.DataFrame:
    """Columns of a table in text (see :func:`.text.records`) or of the first sheet of a workbook (``.xlsx``), as text.

    Cells and column names are stripped; blank cells are NaN and nothing else is: "NA" and "None" are words. Rows that
    are blank throughout stay. The index, ``line``, is each row's line in the file.

    Args:
        file: the table; its first row names the columns.
        columns: those that must be there, in the order in which they are returned.
        optional: those that are returned too where they are there.

    Raises:
        BenchError: for a file that cannot be read, rows longer than the header, or columns that are lacking or named
            twice.
    """
    rows = _rows(file)
    _, header = next(rows)
    place = _places(header, file, columns, optional)
    positions = list(place.values())
    lines: list[int] = []
    cells: list[list[object]] = []
    for line, fields in rows:
        lines.append(line)
        n = len(fields)
        cells.append([(fields[at].strip() if at < n else "") or np.nan for at in positions])
    return pd.DataFrame(cells, columns=list(place), index=pd.Index(lines, name=LINE, dtype=int), dtype=object)


def column_names(file: Path) -> list[str]:
    """The names in the first row of a table, stripped; those that are blank are left out.

    Raises:
        BenchError: for a file that cannot be read.
    """
    _, header = next(_rows(file))
    return [name for name in map(str.strip, header) if name]


def read_cells(file: Path) -> pd.DataFrame:
    """All cells of a table, as text and as they stand, without names: for tables whose header is no plain first row.

    Raises:
        BenchError: for a file that cannot be read, or rows longer than the first.
    """
    rows = _rows(file)
    first = next(rows)
    width = len(first[1])
    cells = [[*fields, *[""] * (width - len(fields))] for _, fields in chain([first], rows)]
    return pd.DataFrame(cells, dtype=object)


def columns_of(cells: pd.DataFrame, file: Path, columns: Iterable[str], optional: Iterable[str] = ()) -> pd.DataFrame:
    """What :func:`read_table` makes of cells whose first row names the columns, with rows counted from 0."""
    place = _places(cells.iloc[0].tolist(), file, columns, optional)
    body = cells.iloc[1:].reset_index(drop=True)
    table = pd.DataFrame({name: body.iloc[:, at].astype(object) for name, at in place.items()}, index=body.index)
    stripped: pd.DataFrame = table.apply(lambda column: column.str.strip() if column.notna().any() else column)
    return stripped.mask(stripped == "")


def _places(header: Sequence[str], file: Path, columns: Iterable[str], optional: Iterable[str]) -> dict[str, int]:
    """Position of each column that is wanted."""
    names, needed = [str(name).strip() for name in header], [*dict.fromkeys(columns)]
    found = [name for name in names if name]
    absent = [name for name in needed if name not in found]
    if absent:
        raise BenchError(f"{file} {lacking(absent, found)}")
    wanted = [*dict.fromkeys([*needed, *(name for name in optional if name in found)])]
    twice = [name for name in wanted if found.count(name) > 1]
    if twice:
        doubled = []
        for name in twice:
            positions = [str(at) for at, other in enumerate(names, start=1) if other == name]
            doubled.append(f"{len(positions)} columns named {name!r}, in places {listed(positions)}")
        raise BenchError(f"{file} has {'; '.join(doubled)}. Rename all but one.")
    return {name: names.index(name) for name in wanted}


def lacking(names: Sequence[str], found: Sequence[str]) -> str:
    """``"lacks the column 'a'. …"``: a sentence on columns that are not there, the nearest, and what there is."""
    return f"lacks the column {', '.join(map(repr, names))}.{_nearest(names, found)}"


def _nearest(names: Sequence[str], found: Sequence[str]) -> str:
    if len(found) == 1:
        return f" Its only column is {found[0]!r}: commas, semicolons or tabs are to stand between columns."
    if len(names) == 1:
        return suggest(names[0], found)
    near = {name: get_close_matches(name, found, n=1, cutoff=0.5) for name in names}
    hints = "".join(f" For {name!r}, did you mean {match[0]!r}?" for name, match in near.items() if match)
    return f"{hints} Available: {', '.join(sorted(found))}."


def _rows(file: Path) -> Iterator[Record]:
    return _workbook(file) if file.suffix.lower() in _WORKBOOKS else records(file)


def _workbook(file: Path) -> Iterator[Record]:
    try:
        cells: pd.DataFrame = pd.read_excel(file, header=None, dtype=str, keep_default_na=False, engine="openpyxl")
    except ImportError as error:
        raise BenchError(
            f"{file} is a workbook, which needs openpyxl: pip install openpyxl, or save the sheet as CSV beside it."
        ) from error
    except Exception as error:  # broken files make openpyxl, zipfile and the XML parser raise all there is
        why = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise BenchError(f"{file} cannot be read as a workbook: {why}. Download it again.") from error
    if cells.empty:
        raise BenchError(f"{file} cannot be read as a workbook: its first sheet is empty.")
    for number, row in enumerate(cells.fillna("").itertuples(index=False), start=1):
        yield number, [str(cell) for cell in row]
