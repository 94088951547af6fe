"""What ``bench data check`` shows: the attrition table, the cells of the comparison, and what is doubtful."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.data.check import Checked
from bench.data.pixels.done import Done
from bench.pages.document import (
    Block,
    Cell,
    Column,
    Document,
    Grid,
    Number,
    Paragraph,
    Row,
    Section,
    single,
    strong,
)
from bench.records import Attrition


def document(found: Checked, title: str, protected: str) -> Document:
    """The tables of a data set, and its warnings; errors are left to whoever ends the command."""
    last: list[Block] = [Paragraph(f"{len(found.looked):,} images were looked at. {found.compared}".strip())]
    if done := found.done():
        last.append(_done(done))
    elif found.looked:
        last.append(Paragraph("Nothing was done to their pixels but to bring them to their size."))
    last += [Paragraph((strong("warning"), f": {warning}")) for warning in found.warnings]
    if not found.errors and not found.doubtful:
        last.append(Paragraph("Nothing was found that would make a run wrong."))
    return Document(
        title=title,
        sections=(
            Section((_rows(found.attrition),)),
            Section((_cells(found.attrition, protected),), "Images with the finding, of those in which it is known"),
            Section(tuple(last)),
        ),
    )


def _rows(attrition: Attrition) -> Grid:
    rows: list[Row] = [("in the data set's table", _count(attrition.rows))]
    rows += [(f"left out: {reason}", _count(-n)) for reason, n in attrition.excluded.items()]
    rows.append(((strong("kept"), ", one an image"), _count(attrition.kept)))
    for column, n in attrition.unknown.items():
        rows.append((f"of which {column} unknown ({n / attrition.kept:.1%})", _count(n)))
    rows += [(f"of which {reason}", _count(n)) for reason, n in attrition.set_to_unknown.items()]
    rows.append(("patients", _count(attrition.patients)))
    return single((Column(""), Column("rows", "right")), rows)


def _cells(attrition: Attrition, protected: str) -> Grid:
    targets = list(attrition.cells[0].positive)
    rows: list[Row] = []
    for cell in attrition.cells:
        shares = [f"{cell.positive[name]:,} / {cell.positive[name] + cell.negative[name]:,}" for name in targets]
        group = "unknown" if cell.group is None else cell.group
        rows.append((cell.split, group, _count(cell.patients), _count(cell.images), *shares))
    counted = (Column(name, "right") for name in ("patients", "images", *targets))
    return single((Column("split"), Column(protected), *counted), rows)


def _done(done: Mapping[Done, Sequence[str]]) -> Grid:
    rows: list[Row] = [(str(kind), _count(len(images)), images[0]) for kind, images in done.items()]
    return single((Column("done to their pixels"), Column("images", "right"), Column("the first")), rows)


def _count(n: int) -> Cell:
    return Number(n, ",d")
