"""A document as Markdown, with the tables of GitHub."""

from __future__ import annotations

import re
from urllib.parse import quote

from bench.pages import cells
from bench.pages.document import (
    Bullets,
    Cell,
    Column,
    Document,
    Facts,
    Figure,
    Flags,
    Grid,
    Intervals,
    Mark,
    Measured,
    Missing,
    Name,
    Note,
    Number,
    Paragraph,
    Piece,
    Row,
    Section,
    Styled,
    Text,
    pieces,
)
from bench.pages.escaping import markdown as escape
from bench.pages.escaping import visible

_RULES = {"left": ":---", "center": ":---:", "right": "---:"}


def render(document: Document) -> str:
    """The page; it ends in a line break."""
    blocks = [f"# {_text(document.title)}"] if document.title else []
    for section in document.sections:
        blocks += _section(section)
    return "\n\n".join(blocks) + "\n"


def _section(section: Section) -> list[str]:
    blocks = [f"## {_text(section.title)}"] if section.title else []
    for block in section.blocks:
        if isinstance(block, Paragraph):
            blocks.append(_line(block.text))
        elif isinstance(block, Note):
            blocks.append(f"> **{_text(block.title)}** {_text(block.text)}")
        elif isinstance(block, Bullets):
            blocks.append(_bullets(block))
        elif isinstance(block, Facts):
            blocks.append(_facts(block))
        elif isinstance(block, Figure):
            blocks.append(f"![{_text(block.caption)}]({quote(block.file)})")
        else:
            blocks += [*([_line(block.caption)] if block.caption else []), _grid(block)]
    return blocks


def _bullets(block: Bullets) -> str:
    lines = []
    for item in block.items:
        lines += [f"- {_line(item.text)}", *(f"  - {_line(text)}" for text in item.beneath)]
    return "\n".join(lines)


def _facts(block: Facts) -> str:
    return "\n".join(
        ["| | |", "| --- | --- |", *(f"| {_text(name)} | {_text(value)} |" for name, value in block.pairs)]
    )


def _grid(grid: Grid) -> str:
    grid = cells.spread(grid)
    lines = [_row([_title(column) for column in grid.columns]), _row([_RULES[column.align] for column in grid.columns])]
    for part in grid.parts:
        if part.title:
            lines.append(_row([f"**{_text(part.title)}**", *[""] * (len(grid.columns) - 1)]))
        lines += [_cells(row, grid.intervals) for row in part.rows]
    return "\n".join(lines)


def _title(column: Column) -> str:
    return escape(column.title) + (f" {cells.ARROWS[column.better]}" if column.better else "")


def _cells(row: Row, intervals: Intervals) -> str:
    return _row([_cell(cell, intervals) for cell in row])


def _row(texts: list[str]) -> str:
    return "| " + " | ".join(texts) + " |"


def _cell(cell: Cell, intervals: Intervals) -> str:
    small = escape(cells.small(cell, intervals)) if isinstance(cell, Name) else cells.small(cell, intervals)
    return _main(cell) + cells.beside(cell, intervals) + (f"<br><sub>{small}</sub>" if small else "")


def _main(cell: Cell) -> str:
    if isinstance(cell, Measured | Number):
        return f"**{cells.value(cell)}**" if cell.best else cells.value(cell)
    if isinstance(cell, Mark | Missing):
        return escape(cells.symbol(cell))
    if isinstance(cell, Flags):
        return escape(", ".join(cell.names))
    return escape(cell.name) if isinstance(cell, Name) else _text(cell)


def _line(text: Text) -> str:
    """Text that begins a line, where it is not to begin a list or to underline the line above."""
    return re.sub(r"^(?=[-+=])|^(\d+)(?=[.)])", r"\1\\", _text(text))


def _text(text: Text) -> str:
    return "".join(map(_piece, pieces(text))).strip()


def _piece(piece: Piece) -> str:
    if not isinstance(piece, Styled):
        return escape(piece if isinstance(piece, str) else piece.text)
    if piece.style == "code":
        return _code(visible(piece.text))
    mark = "*" if piece.style == "emphasis" else "**"
    return f"{mark}{escape(piece.text)}{mark}"


def _code(text: str) -> str:
    # A bar would end the cell of a table even here, and outside of tables no backslash would help.
    if "|" in text:
        return escape(text)
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"
