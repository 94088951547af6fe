"""Tables in Markdown, and the place of one in a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.files import whole


def table_of(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells."""
    header = list(header)
    lines = [header, ["---"] * len(header), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def inserted(page: str, name: str, text: str) -> str:
    """The page with the text between its markers of that name, ``<!-- name -->`` and ``<!-- /name -->``.

    Markers that a page lacks are added at its end.
    """
    opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
    if opening not in page:
        page += f"\n{opening}\n{closing}\n"
    before, rest = page.split(opening, 1)
    after = rest.split(closing, 1)[1]
    return f"{before}{opening}\n{text}\n{closing}{after}"


def insert(document: Path, name: str, text: str) -> None:
    """The same in a file, which is whole at every moment."""
    page = inserted(document.read_text(encoding="utf-8"), name, text)
    with whole(document) as partial:
        partial.write_text(page, encoding="utf-8")
