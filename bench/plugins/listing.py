"""What ``bench list`` prints. Apart from the other reports, because those import what a listing must not wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.plugins.registry import Entry


def print_entries(groups: Mapping[str, Sequence[Entry[Any]]]) -> None:
    """One table a kind: name, what it is (or the error that keeps it from loading), where it comes from."""
    console = Console()
    for title, entries in groups.items():
        table = Table("name", "what it is", title=title, title_justify="left", box=None, pad_edge=False)
        for entry in entries:
            what = Text(entry.summary) if entry.error is None else Text(f"broken: {entry.error}", style="red")
            table.add_row(entry.name, what)
        console.print(table)
        console.print()
    console.print("`bench show method=…` or `bench show task=…` tells more; `bench list --check` imports every plugin.")
