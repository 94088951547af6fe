"""A leaderboard as documents: the page, the table of a paper, and every number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from bench.leaderboard import columns as content
from bench.leaderboard.columns import Lookup
from bench.leaderboard.reading import in_caption, reading
from bench.leaderboard.table import Section as Lines
from bench.leaderboard.table import Table, shown
from bench.pages.document import (
    DIGITS,
    Block,
    Cell,
    Column,
    Document,
    Facts,
    Figure,
    Flags,
    Grid,
    Mark,
    Measured,
    Missing,
    Name,
    Number,
    Paragraph,
    Row,
    Rows,
    Section,
    bullets,
    single,
    strong,
)
from bench.pages.notes import SYNTHETIC
from bench.statistics.pooling import Estimate

#: The file of the figure beside a page.
FIGURE = "pareto.png"
_PREFIX = ("task", "dataset", "synthetic", "key", "suite_version", "section")


def page(table: Table, notices: Iterable[str]) -> Document:
    """One page: the figure, a grid a section, how to read it, and what its rows have in common."""
    first: list[Block] = [SYNTHETIC] if table.key.synthetic else []
    first.append(
        Paragraph(
            f"{table.records} runs, scored on {table.images:,} images of {table.patients:,} test patients. "
            f"Decodability: how well {table.key.protected} can still be read from the network (macro one-vs-one "
            "AUROC of the probe chosen on held-out patients; 0.5 is chance)."
        )
    )
    first.append(Figure(FIGURE, f"Diagnosis against decodability, {table.name}"))
    last = [
        Section((reading(table),), "How to read it"),
        Section((Facts(tuple(table.key.lines())),), "What all rows have in common"),
    ]
    if notices := tuple(notices):
        last.append(Section((bullets(notices),), "Notices"))
    sections = (Section((_grid(table, lines),), _title(lines)) for lines in table.sections())
    return Document((Section(tuple(first)), *sections, *last), f"Leaderboard: {table.name}")


def _grid(table: Table, lines: Lines) -> Grid:
    there = shown([lines])
    return Grid(_columns(table, there), (Rows(_rows(lines, there)),), intervals="beneath")


def _columns(table: Table, there: Sequence[int]) -> tuple[Column, ...]:
    columns = [table.columns[i] for i in there]
    return tuple(Column(c.title, "left" if c.key == "method" else "center", c.direction) for c in columns)


def _rows(lines: Lines, there: Sequence[int]) -> tuple[Row, ...]:
    return tuple(tuple(_cell(line.cells[i], line.best[i]) for i in there) for line in lines.lines)


def _title(lines: Lines) -> str:
    return "" if lines.name == "methods" else lines.title


def _cell(cell: content.Cell, best: bool = False) -> Cell:
    if isinstance(cell, Estimate):
        return Measured(cell.mean, cell.low, cell.high, best)
    if isinstance(cell, content.Name):
        return Name(cell.name, cell.setting)
    if isinstance(cell, bool):
        return Mark(cell)
    if isinstance(cell, tuple):
        return Flags(cell)
    if isinstance(cell, float):
        return Number(cell, f".{DIGITS}f", best)
    if isinstance(cell, int):
        return Number(cell)
    return Missing() if cell is None else cell


def paper(table: Table) -> Document:
    """The columns that fit a page, all sections in one grid."""
    sections = table.sections()
    there = [i for i in shown(sections) if table.columns[i].paper]
    synthetic = (" ", strong(SYNTHETIC.title), " ", SYNTHETIC.text) if table.key.synthetic else ()
    caption = (
        f"Diagnosis and residual decodability of {table.key.protected}: {table.name}.",
        *synthetic,
        f" Mean over seeds with 95% intervals; {table.patients} test patients; ★: on the Pareto front of diagnosis "
        "AUROC and decodability of the features.",
        *in_caption(table.columns[i] for i in there),
        f" Key {table.key.digest}.",
    )
    parts = []
    for lines in sections:
        rows = _rows(lines, there)
        if lines.name == "references":
            # Most references have few of the columns, and dashes would hide what they have.
            rows = tuple(tuple("" if isinstance(cell, Missing) else cell for cell in row) for row in rows)
        parts.append(Rows(rows, _title(lines)))
    label = f"leaderboard-{table.key.digest}"
    grid = Grid(_columns(table, there), tuple(parts), caption, label, intervals="beneath")
    return Document((Section((grid,)),))


def numbers(table: Table) -> Grid:
    """Every column of every line, with the key of the table and the hyperparameters of the row."""
    columns = [Column(key, key=key) for key in _PREFIX]
    columns += [
        Column(column.title, key=column.key, estimates=isinstance(column.produce, Lookup)) for column in table.columns
    ]
    columns.append(Column("hyperparameters", key="hyperparameters"))
    key = table.key
    first = (key.task, key.dataset, Mark(key.synthetic), key.digest, Number(key.suite_version))
    # In the order of the sections' lines; what was read beside a method's own scores has no hyperparameters.
    rows = [*table.ranked, *table.at_test, *(None for _ in table.references), *table.reference_rows]
    settings = ["" if row is None else json.dumps(dict(row.hyperparameters), sort_keys=True) for row in rows]
    lines = [(section.name, line) for section in table.sections() for line in section.lines]
    return single(
        columns,
        [
            (*first, section, *map(_cell, line.cells), setting)
            for (section, line), setting in zip(lines, settings, strict=True)
        ],
    )
