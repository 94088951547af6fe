"""A leaderboard as documents: the page, the table of a paper, and every number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from bench.leaderboard import cells as content
from bench.leaderboard.cells import Share
from bench.leaderboard.cohorts import OtherCohorts
from bench.leaderboard.ranks import TOLERANCE
from bench.leaderboard.reading import in_caption, judged, other_cohorts, reading, resolution
from bench.leaderboard.standing import RANKED, Compared
from bench.leaderboard.table import Line, Table, shown
from bench.leaderboard.table import Section as Lines
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
from bench.records import BASELINE
from bench.statistics.pooling import Estimate

#: The file of the figure beside a page.
FIGURE = "pareto.png"
_PREFIX = ("task", "dataset", "synthetic", "key", "suite_version", "unit", "n", "patients", "edition_seeds", "section")
#: Behind the number of a difference that is sure.
_SURE = "†"


def page(table: Table, notices: Iterable[str]) -> Document:
    """One page: the figure, a grid a section, how to read it, and what its rows have in common."""
    first: list[Block] = [SYNTHETIC] if table.key.synthetic else []
    first.append(
        Paragraph(
            f"{table.records} runs, scored on {table.scored}. Decodability: how well {table.key.protected} can still "
            f"be read from the network (macro one-vs-one AUROC; 0.5 is chance). Rows are judged by {judged(table)}. Δ: "
            f"difference to {BASELINE}, plain training, on the same patients and with the same seeds."
        )
    )
    first.append(Paragraph(resolution(table)))
    if table.cohorts is not None:
        first += [Paragraph(other_cohorts(table.cohorts)), _of_cohorts(table.cohorts)]
    first.append(Figure(FIGURE, f"What methods change, compared with {BASELINE}: {table.name}"))
    facts = (*table.key.lines(), ("Seeds of the edition", _seeds(table)), ("Scored on", table.scored))
    last = [
        Section((reading(table),), "How to read it"),
        Section((Facts(facts),), "What all rows have in common"),
    ]
    if notices := tuple(notices):
        last.append(Section((bullets(notices),), "Notices"))
    sections = (Section(_blocks(table, lines), _title(lines)) for lines in table.sections())
    return Document((Section(tuple(first)), *sections, *last), f"Leaderboard: {table.name}")


def _of_cohorts(found: OtherCohorts) -> Grid:
    columns = [Column("cohort", "center"), Column("method"), Column("AUROC", "center"), Column("Δ AUROC", "center")]
    columns += [Column("decodability", "center"), Column("Δ decodability", "center")]
    rows = [
        (Number(one.cohort), one.method, _plain(one.auroc), _signed(one.auroc_difference), _plain(one.decodability),
         _signed(one.decodability_difference))
        for one in found.scores
    ]  # fmt: skip
    return Grid(tuple(columns), (Rows(tuple(rows)),))


def _plain(value: float) -> Cell:
    return Number(value, f".{DIGITS}f")


def _signed(value: float | None) -> Cell:
    return Missing() if value is None else Measured(value, signed=True)


def _seeds(table: Table) -> str:
    return ", ".join(map(str, table.seeds))


def _blocks(table: Table, lines: Lines) -> tuple[Block, ...]:
    """What stands under the title of a section."""
    why = {
        "diagnosis lost": f"In these rows the diagnosis may be worse than {BASELINE}'s by {TOLERANCE:g} AUROC or more: "
        f"the lower limit of the paired difference does not lie above −{TOLERANCE:g}. However little is read from "
        "them, a network that does not diagnose is no way to debias one. In alphabetical order.",
        "incomplete": f"A row is ranked with all seeds of the edition, {_seeds(table)}. In alphabetical order.",
        "not compared": "What it takes to compare these rows is missing or not valid. In alphabetical order.",
    }.get(lines.name)
    grid = _grid(table, lines)
    return (grid,) if why is None else (Paragraph(why), grid)


def _grid(table: Table, lines: Lines) -> Grid:
    there = [i for i in shown([lines]) if "page" in table.columns[i].places]
    return Grid(_columns(table, there), (Rows(_rows(lines, there)),), intervals="beneath")


def _columns(table: Table, there: Sequence[int]) -> tuple[Column, ...]:
    columns = [table.columns[i] for i in there]
    return tuple(Column(c.title, "left" if c.key == "method" else "center", c.direction) for c in columns)


def _rows(lines: Lines, there: Sequence[int]) -> tuple[Row, ...]:
    return tuple(tuple(_shown(line, i) for i in there) for line in lines.lines)


def _shown(line: Line, i: int) -> Cell:
    """A cell; beneath a name stands why its row is not ranked, or that it is the baseline."""
    cell = _cell(line.cells[i], line.best[i])
    if not isinstance(cell, Name) or line.row is None:
        return cell
    standing = line.row.standing
    beneath = (cell.setting, "the baseline" if standing.baseline else "", standing.reason)
    return Name(cell.name, "; ".join(filter(None, beneath)))


def _title(lines: Lines) -> str:
    return "" if lines.name == "methods" else lines.title


def _cell(cell: content.Cell, best: bool = False) -> Cell:
    if isinstance(cell, Estimate):
        return Measured(cell.mean, cell.low, cell.high, best)
    if isinstance(cell, Compared):
        found = cell.difference
        return Measured(found.estimate, found.low, found.high, signed=True, mark=_SURE if cell.sure else "")
    if isinstance(cell, Share):
        return Number(cell.value, ".0%")
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
    there = [i for i in shown(sections) if "paper" in table.columns[i].places]
    synthetic = (" ", strong(SYNTHETIC.title), " ", SYNTHETIC.text) if table.key.synthetic else ()
    caption = (
        f"Diagnosis and residual decodability of {table.key.protected}: {table.name}.",
        *synthetic,
        f" Mean over seeds with 95% intervals; scored on {table.scored}. Δ: paired difference to {BASELINE}, by "
        f"patient and seed; {_SURE}: sure, corrected over rows and both scores (Holm). Ranked: seeds {_seeds(table)} "
        f"and no AUROC loss of {TOLERANCE:g} or more. Class: rows that cannot be told from the best of their class in "
        "decodability (Hsu). On the front: share of draws on the Pareto front of AUROC and decodability. ",
        resolution(table),
        *in_caption(table.columns[i] for i in there),
        f" Key {table.key.digest}.",
    )
    parts = []
    for lines in sections:
        rows = _rows(lines, there)
        if lines.name not in RANKED:
            # Most of these have few of the columns, and dashes would hide what they have.
            rows = tuple(tuple("" if isinstance(cell, Missing) else cell for cell in row) for row in rows)
        parts.append(Rows(rows, _title(lines)))
    label = f"leaderboard-{table.key.digest}"
    grid = Grid(_columns(table, there), tuple(parts), caption, label, intervals="beneath")
    return Document((Section((grid,)),))


def numbers(table: Table) -> Grid:
    """Every column of every line, with the key of the table and the hyperparameters of the row."""
    columns = [Column(key, key=key) for key in _PREFIX]
    columns += [Column(column.title, key=column.key, estimates=column.estimates) for column in table.columns]
    columns.append(Column("hyperparameters", key="hyperparameters"))
    key = table.key
    first = (key.task, key.dataset, Mark(key.synthetic), key.digest, Number(key.suite_version), key.unit)
    counts = (Number(table.units), Number(table.patients), " ".join(map(str, table.seeds)))
    lines = [(section.name, line) for section in table.sections() for line in section.lines]
    return single(
        columns,
        [(*first, *counts, section, *map(_cell, line.cells), _setting(line)) for section, line in lines],
    )


def _setting(line: Line) -> str:
    """The hyperparameters; what was read beside a method's own scores has none."""
    return "" if line.row is None else json.dumps(dict(line.row.hyperparameters), sort_keys=True)
