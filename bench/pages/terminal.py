"""A document on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from bench.pages import cells
from bench.pages.document import (
    Block,
    Bullets,
    Cell,
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
    Styled,
    Text,
    pieces,
    plain,
)
from bench.pages.escaping import visible

#: Where the output is no terminal there is no width to fit it in.
_WIDTH = 110
_STYLES = {"strong": "bold", "emphasis": "italic", "code": "", "alarm": "red"}


def console_of_output() -> Console:
    """The terminal, or as many columns as a file is given."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH)


def show(document: Document) -> None:
    """Print a document: a line or several a block, an empty one between sections."""
    console = console_of_output()
    if document.title:
        console.print(_line(document.title, "bold"))
    for number, section in enumerate(document.sections):
        if number:
            console.print()
        if section.title:
            console.print(_line(section.title, "bold"))
        for block in section.blocks:
            _print(console, block)


def _print(console: Console, block: Block) -> None:
    if isinstance(block, Paragraph):
        console.print(_line(block.text))
    elif isinstance(block, Note):
        console.print(Line.assemble(_line(block.title, "bold"), " ", _line(block.text)))
    elif isinstance(block, Bullets):
        for item in block.items:
            console.print(Line.assemble("- ", _line(item.text)))
            for text in item.beneath:
                console.print(Line.assemble("  - ", _line(text)))
    elif isinstance(block, Facts):
        for name, value in block.pairs:
            # A path that is broken over two lines cannot be copied.
            console.print(Line.assemble(_line(name), ": ", _line(value)), soft_wrap=True)
    elif isinstance(block, Figure):
        console.print(_line(f"{block.caption}: {block.file}"), soft_wrap=True)
    else:
        if block.caption:
            console.print(_line(block.caption, "italic"))
        console.print(_table(cells.spread(block)))


def _table(grid: Grid) -> Table:
    titled = any(column.title for column in grid.columns)
    table = Table(box=None, pad_edge=False, show_header=titled)
    for column in grid.columns:
        arrow = f" {cells.ARROWS[column.better]}" if column.better else ""
        table.add_column(_line(column.title + arrow), justify=column.align)
    for number, part in enumerate(grid.parts):
        if part.title:
            if number:
                table.add_row()
            table.add_row(_line(part.title))
        for row in part.rows:
            first, *others = (_cell(cell, grid.intervals) for cell in row)
            table.add_row(Line.assemble("  ", first) if part.title else first, *others)
    return table


def _cell(cell: Cell, intervals: Intervals) -> Line:
    if isinstance(cell, Measured | Number):
        line = Line(cells.value(cell), "bold" if cell.best else "")
        line.append(cells.beside(cell, intervals))
        if small := cells.small(cell, intervals):
            line.append(f"\n{small}", "dim")
        return line
    if isinstance(cell, Mark | Missing):
        return Line(visible(cells.symbol(cell)))
    if isinstance(cell, Flags):
        return _line(", ".join(cell.names))
    return _line(cells.name(cell) if isinstance(cell, Name) else cell)


def _line(text: Text, style: str = "") -> Line:
    """Text in one line; rich takes nothing in it for markup, a terminal nothing for a command."""
    line = Line(style=style)
    for piece in pieces(text):
        if isinstance(piece, Styled):
            words = visible(piece.text)
            line.append(f"`{words}`" if piece.style == "code" else words, _STYLES[piece.style])
        else:
            line.append(visible(plain(piece)))
    return line
