"""What ``bench list`` shows. Apart from what ``bench show`` does, since a listing must not wait for a plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.pages.document import Cell, Column, Document, Paragraph, Section, Styled, code, single
from bench.plugins.registry import Entry

_COLUMNS = (Column("name"), Column("what it is"))


def document(groups: Mapping[str, Sequence[Entry[Any]]]) -> Document:
    """One table a kind: name, and what it is or the error that keeps it from loading."""
    kinds = [
        Section((single(_COLUMNS, [(entry.name, _what(entry)) for entry in entries]),), title)
        for title, entries in groups.items()
    ]
    asked, checked = code("bench show method=…"), code("bench list --check")
    more = (asked, " or ", code("bench show task=…"), " tells more; ", checked, " imports every plugin.")
    return Document((*kinds, Section((Paragraph(more),))))


def _what(entry: Entry[Any]) -> Cell:
    return entry.summary if entry.error is None else Styled(f"broken: {entry.error}", "alarm")
