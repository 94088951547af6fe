"""What a page says, as plain data; the renderers of this package make Markdown, LaTeX, CSV or a terminal's lines of it.

All text is plain text: no builder escapes anything, every renderer escapes for its own format.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

#: Digits behind the point of every score that is shown.
DIGITS = 3

Style = Literal["strong", "emphasis", "code", "alarm"]
Align = Literal["left", "center", "right"]
#: Which way a column is better.
Better = Literal["up", "down"]
#: Where the intervals of a grid stand: in small print beneath the value, beside it, or in a column of their own.
Intervals = Literal["beneath", "beside", "apart"]


@dataclass(frozen=True)
class Styled:
    """A piece of text that stands out; ``alarm`` is for what is broken."""

    text: str
    style: Style


@dataclass(frozen=True)
class Formula:
    """A formula in plain characters, and in TeX's mathematics. ``tex`` is written by hand: it alone is not escaped."""

    text: str
    tex: str


Piece = str | Styled | Formula
Text = Piece | tuple[Piece, ...]


@dataclass(frozen=True)
class Measured:
    """A number with its 95% interval; ``best`` where it is the best of its column.

    ``signed``: also a positive one has its sign, as of a difference; ``mark`` stands behind the number.
    """

    value: float
    low: float | None = None
    high: float | None = None
    best: bool = False
    digits: int = DIGITS
    signed: bool = False
    mark: str = ""


@dataclass(frozen=True)
class Number:
    """A number without an interval, shown by a format specification (``",d"``, ``".3f"``)."""

    value: float
    spec: str = ""
    best: bool = False


@dataclass(frozen=True)
class Name:
    """A name, and what tells it from others of that name."""

    name: str
    setting: str = ""


@dataclass(frozen=True)
class Flags:
    """Flags that were raised, one after another."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """A mark where something is so, and nothing where it is not."""

    on: bool
    symbol: str = "★"


@dataclass(frozen=True)
class Missing:
    """Nothing is known here; ``why`` is shown where the grid has a column for intervals."""

    why: str = ""


Cell = Text | Measured | Number | Name | Flags | Mark | Missing
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Column:
    """A column of a grid. ``key`` names it in a CSV, where one that holds ``estimates`` has two more for the limits."""

    title: str
    align: Align = "left"
    better: Better | None = None
    key: str = ""
    estimates: bool = False


@dataclass(frozen=True)
class Rows:
    """Rows of a grid that belong together, under a title or none."""

    rows: tuple[Row, ...]
    title: Text = ""


@dataclass(frozen=True)
class Grid:
    """Rows of cells under columns. ``label`` is what a paper refers to it by; ``long``: it may run over several pages.

    Raises:
        ValueError: for a row that has not a cell for every column.
    """

    columns: tuple[Column, ...]
    parts: tuple[Rows, ...]
    caption: Text = ""
    label: str = ""
    intervals: Intervals = "beside"
    long: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells under {len(self.columns)} columns: {row}")

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all parts."""
        return tuple(row for part in self.parts for row in part.rows)


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: Text


@dataclass(frozen=True)
class Note:
    """What must not be overlooked."""

    title: str
    text: Text


@dataclass(frozen=True)
class Item:
    """An item of a list, and those beneath it."""

    text: Text
    beneath: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Bullets:
    """A list without an order."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Facts:
    """Names with their values."""

    pairs: tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class Figure:
    """An image file that lies beside the page, under a name of our own making, and what it shows."""

    file: str
    caption: str


Block = Paragraph | Note | Bullets | Facts | Grid | Figure


@dataclass(frozen=True)
class Section:
    """Blocks under a title or none."""

    blocks: tuple[Block, ...]
    title: Text = ""


@dataclass(frozen=True)
class Document:
    """A page: a title or none, and sections."""

    sections: tuple[Section, ...]
    title: Text = ""


def strong(text: str) -> Styled:
    """Text in bold type."""
    return Styled(text, "strong")


def code(text: str) -> Styled:
    """Text as a program reads it."""
    return Styled(text, "code")


def pieces(text: Text) -> tuple[Piece, ...]:
    """The pieces of a text."""
    return text if isinstance(text, tuple) else (text,)


def plain(text: Text) -> str:
    """A text without its styles."""
    return "".join(piece if isinstance(piece, str) else piece.text for piece in pieces(text))


def joined(texts: Iterable[Text], separator: str = ", ") -> tuple[Piece, ...]:
    """Texts one after another."""
    found: list[Piece] = []
    for text in texts:
        found += [separator, *pieces(text)] if found else pieces(text)
    return tuple(found)


def bullets(texts: Iterable[Text]) -> Bullets:
    """A list of texts, nothing beneath them."""
    return Bullets(tuple(Item(text) for text in texts))


def single(columns: Sequence[Column], rows: Iterable[Row], caption: Text = "") -> Grid:
    """A grid of rows that all belong together."""
    return Grid(tuple(columns), (Rows(tuple(rows)),), caption)
