"""One document that holds everything a document can hold."""

import pytest

from bench.pages.document import (
    Bullets,
    Column,
    Document,
    Facts,
    Figure,
    Flags,
    Formula,
    Grid,
    Item,
    Mark,
    Measured,
    Missing,
    Name,
    Note,
    Number,
    Paragraph,
    Rows,
    Section,
    Styled,
    code,
    strong,
)

COLUMNS = (
    Column("Method", key="method"),
    Column("AUROC", "center", "up", "auroc", estimates=True),
    Column("Residual", "center", "down", "residual"),
    Column("Images", "right", key="images"),
    Column("Front", "center", key="front"),
    Column("Flags", key="flags"),
)
ROWS = (
    (Name("erm", "lr=0.1"), Measured(0.81234, 0.7, 0.9, best=True), Number(0.5, ".3f", best=True), Number(1234, ",d"),
     Mark(True), Flags(("LEAK", "outputs: LEAK"))),
    (Name("none"), Missing("too small"), Missing(), Number(-3, ",d"), Mark(False), "plain"),
    ("point", Measured(0.5), Missing(), Number(0), Mark(False), Flags(("LEAK",))),
)  # fmt: skip


def grid(**more: object) -> Grid:
    return Grid(COLUMNS, (Rows(ROWS[:2]), Rows(ROWS[2:], "Apart")), **more)  # type: ignore[arg-type]


@pytest.fixture
def document() -> Document:
    text = (
        "Of ",
        code("erm"),
        ", ",
        strong("bold"),
        " and ",
        Styled("slanted", "emphasis"),
        ", ",
        Formula("δ", r"\delta"),
    )
    blocks = (
        Note("Take care.", "It is synthetic."),
        Paragraph(text),
        Bullets((Item("one", ("beneath", "it")), Item("two"))),
        Facts((("Key", "4c"), ("Path", "a/b_c"))),
        Figure("a figure.png", "What it [shows]"),
        grid(caption="All of it", label="all", intervals="beneath"),
    )
    return Document((Section(blocks), Section((Paragraph("end"),), "Last")), "A page")
