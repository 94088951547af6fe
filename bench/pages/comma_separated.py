"""A grid as CSV: numbers as they are, for programs."""

from __future__ import annotations

import csv
import io

from bench.pages import cells
from bench.pages.document import Cell, Flags, Grid, Mark, Measured, Missing, Name, Number, plain
from bench.pages.escaping import comma_separated as escape


def render(grid: Grid) -> str:
    """The rows of a grid below the keys of its columns, those with estimates as value, low and high.

    A number has all its digits; what is missing is empty; text that a spreadsheet would take for a formula has an
    apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = []
    for column in grid.columns:
        key = column.key or column.title
        header += [key, f"{key}_low", f"{key}_high"] if column.estimates else [key]
    writer.writerow(header)
    for row in grid.rows:
        line: list[str] = []
        for cell, column in zip(row, grid.columns, strict=True):
            line += _estimate(cell) if column.estimates else [_raw(cell)]
        writer.writerow(line)
    return out.getvalue()


def _estimate(cell: Cell) -> list[str]:
    if isinstance(cell, Measured):
        return ["" if number is None else str(number) for number in (cell.value, cell.low, cell.high)]
    return [_raw(cell), "", ""]


def _raw(cell: Cell) -> str:
    if isinstance(cell, Missing):
        return ""
    if isinstance(cell, Mark):
        return str(cell.on).lower()
    if isinstance(cell, Measured | Number):
        return str(cell.value)
    if isinstance(cell, Flags):
        return escape(", ".join(cell.names))
    return escape(cells.name(cell) if isinstance(cell, Name) else plain(cell))
