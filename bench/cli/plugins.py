"""``bench list`` and ``bench show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.options import Overrides
from bench.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.plugins.registry import Entry


def list_plugins(
    overrides: Annotated[list[str] | None, typer.Argument(help="family=erasure lists the methods of a family")] = None,
    check: Annotated[bool, typer.Option("--check", help="import every plugin, in a process of its own")] = False,
) -> None:
    """Every method, task and data set, also those that cannot be imported."""
    from bench.pages import terminal
    from bench.plugins import listing, registry

    asked = dict(text.partition("=")[::2] for text in overrides or [])
    if unknown := set(asked) - {"family"}:
        raise BenchError(f"bench list takes family=…, not {', '.join(sorted(unknown))}.")
    tasks = registry.TASKS.entries() if not asked else []
    groups: dict[str, Sequence[Entry[Any]]] = {listing.METHODS: registry.METHODS.entries()}
    if asked:
        groups[listing.METHODS] = listing.of_family(groups[listing.METHODS], asked["family"])
    else:
        groups["tasks"] = tasks
    for task in tasks:
        if task.error is None:
            groups[f"data sets of task {task.name}"] = registry.datasets(task).entries()
    if check:
        checked = iter(registry.check(entry for entries in groups.values() for entry in entries))
        groups = {title: [next(checked) for _ in entries] for title, entries in groups.items()}
    terminal.show(listing.document(groups))


def show(overrides: Overrides = None) -> None:
    """What a method or task is, its source, and its options with defaults and ranges: bench show method=adversarial."""
    from bench.config import document
    from bench.pages import terminal

    asked = dict(text.partition("=")[::2] for text in overrides or [])
    if unknown := set(asked) - {"method", "task", "task.dataset"}:
        raise BenchError(f"bench show takes method=… and task=… (task.dataset=…), not {', '.join(sorted(unknown))}.")
    if "method" in asked:
        terminal.show(document.of_method(asked["method"]))
    if "task" in asked or "task.dataset" in asked:
        terminal.show(document.of_task(asked.get("task", "cxr"), asked.get("task.dataset")))
    if not asked:
        terminal.show(document.of_options())
