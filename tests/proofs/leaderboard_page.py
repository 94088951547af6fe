"""The columns in docs/leaderboard.md, from the catalogue and the board: ``python -m tests.proofs.leaderboard_page``.

What is declared in code is written between the markers ``<!-- columns -->``; the rest of the page is written by hand.
"""

from __future__ import annotations

from bench.files import whole
from bench.leaderboard.cells import Column
from bench.leaderboard.columns import COLUMNS
from bench.records import BASELINE
from tests.places import ROOT
from tests.proofs.markdown import inserted, table_of

PAGE = ROOT / "docs" / "leaderboard.md"
_HEADER = ("column in the CSV", "title", "what it is", "better", "stands on")
_BETTER = {"up": "higher", "down": "lower", None: ""}


def written(page: str) -> str:
    """The page with the table as the code has it now."""
    return inserted(page, "columns", table_of(_HEADER, map(_row, COLUMNS)))


def _row(column: Column) -> list[str]:
    limits = f"`{column.key}`, `…_low`, `…_high`" if column.estimates else f"`{column.key}`"
    cells = [limits, column.title, _meaning(column), _BETTER[column.direction], ", ".join((*column.places, "CSV"))]
    return [cell.replace("|", r"\|") for cell in cells]


def _meaning(column: Column) -> str:
    measure = column.measure
    if measure is None:
        return column.meaning
    text = measure.meaning.format(protected="race", baseline=BASELINE)
    source = f" ({measure.source})" if measure.source else ""
    return f"{text[0].upper()}{text[1:].removesuffix('.')}{source}."


def main() -> None:
    """Write the page."""
    page = written(PAGE.read_text(encoding="utf-8"))
    with whole(PAGE) as partial:
        partial.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
