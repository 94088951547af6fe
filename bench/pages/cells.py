"""Cells as plain text, before any renderer escapes it."""

from __future__ import annotations

from dataclasses import replace

from bench.pages.document import Cell, Column, Grid, Intervals, Mark, Measured, Missing, Name, Number, Row

#: Stands where nothing is known.
NOTHING = "–"
ARROWS = {"up": "↑", "down": "↓"}
_FORMS: dict[Intervals, str] = {
    "beneath": "[{low}, {high}]",
    "beside": "({low}–{high})",
    "apart": "{low} – {high}",
}


def value(cell: Measured | Number) -> str:
    """The number of a cell, and its mark."""
    return _number(cell.value, cell) + cell.mark if isinstance(cell, Measured) else format(cell.value, cell.spec)


def _number(number: float, cell: Measured) -> str:
    """A difference has a sign, unless it is 0 to the digits that are shown; its minus is not taken for a dash."""
    text = format(number, f".{cell.digits}f")
    if not cell.signed:
        return text
    sign = "" if float(text) == 0 else "+" if number > 0 else "−"
    return sign + text.removeprefix("-")


def interval(cell: Measured, intervals: Intervals) -> str:
    """The interval of a cell; empty where it has none."""
    if cell.low is None or cell.high is None:
        return ""
    low, high = _number(cell.low, cell), _number(cell.high, cell)
    return _FORMS[intervals].format(low=low, high=high)


def small(cell: Cell, intervals: Intervals) -> str:
    """What stands in small print beneath a cell: its interval, or what tells a name from others."""
    if isinstance(cell, Measured):
        return interval(cell, intervals) if intervals == "beneath" else ""
    return cell.setting if isinstance(cell, Name) else ""


def beside(cell: Cell, intervals: Intervals) -> str:
    """What stands behind a number in the same line: its interval, where it has its place there."""
    return f" {interval(cell, intervals)}" if isinstance(cell, Measured) and intervals == "beside" else ""


def symbol(cell: Mark | Missing) -> str:
    """A mark, or what stands where nothing is known."""
    return NOTHING if isinstance(cell, Missing) else cell.symbol if cell.on else ""


def name(cell: Name) -> str:
    """A name and its setting in one line."""
    return f"{cell.name} ({cell.setting})" if cell.setting else cell.name


def spread(grid: Grid) -> Grid:
    """The grid with its intervals as a column of their own behind each column of estimates, where they stand apart.

    That column says as well why a number is missing.
    """
    if grid.intervals != "apart":
        return grid
    columns: list[Column] = []
    for column in grid.columns:
        columns += [column, Column("95% interval")] if column.estimates else [column]
    parts = [replace(part, rows=tuple(_spread(row, grid.columns) for row in part.rows)) for part in grid.parts]
    return replace(grid, columns=tuple(columns), parts=tuple(parts))


def _spread(row: Row, columns: tuple[Column, ...]) -> Row:
    cells: list[Cell] = []
    for cell, column in zip(row, columns, strict=True):
        cells.append(cell)
        if column.estimates:
            why = cell.why if isinstance(cell, Missing) else ""
            cells.append(interval(cell, "apart") if isinstance(cell, Measured) else why)
    return tuple(cells)
