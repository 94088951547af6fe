"""What ``bench list`` shows. Apart from what ``bench show`` does, since a listing must not wait for a plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.errors import BenchError, suggest
from bench.families import FAMILIES
from bench.pages.document import Cell, Column, Document, Paragraph, Section, Styled, code, single
from bench.plugins.registry import Entry

_COLUMNS = (Column("name"), Column("what it is"))
#: What is listed of methods whose source names no family.
_NONE = "of no family"


def document(groups: Mapping[str, Sequence[Entry[Any]]]) -> Document:
    """One table a kind: name, and what it is or the error that keeps it from loading; methods by family."""
    kinds = []
    for title, entries in groups.items():
        parts = _by_family(entries) if title == METHODS else {title: entries}
        kinds += [
            Section((single(_COLUMNS, [(e.name, _what(e)) for e in part]),), name) for name, part in parts.items()
        ]
    asked, checked, family = code("bench show method=…"), code("bench list --check"), code("bench list family=erasure")
    more = (asked, " or ", code("bench show task=…"), " tells more; ", family, " lists a family; ", checked)
    return Document((*kinds, Section((Paragraph((*more, " imports every plugin.")),))))


#: The title that methods stand under.
METHODS = "methods"


def of_family(entries: Sequence[Entry[Any]], family: str) -> list[Entry[Any]]:
    """The methods of a family.

    Raises:
        BenchError: when there is no family of this name, with the nearest.
    """
    if family not in FAMILIES:
        raise BenchError(f"There is no family {family!r} of methods.{suggest(family, FAMILIES)}")
    return [entry for entry in entries if entry.family == family]


def _by_family(entries: Sequence[Entry[Any]]) -> dict[str, list[Entry[Any]]]:
    """The entries of each family that has some, under its name and what its methods have in common."""
    found = {
        f"{METHODS}: {family} ({meaning})": [entry for entry in entries if entry.family == family]
        for family, meaning in FAMILIES.items()
    }
    found[f"{METHODS}: {_NONE}"] = [entry for entry in entries if entry.family not in FAMILIES]
    return {title: part for title, part in found.items() if part}


def _what(entry: Entry[Any]) -> Cell:
    return entry.summary if entry.error is None else Styled(f"broken: {entry.error}", "alarm")
