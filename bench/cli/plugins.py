"""``bench list`` and ``bench show``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.failures import MENDABLE
from bench.cli.options import Overrides, announced
from bench.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.conformance import Finding
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


def check(overrides: Overrides = None) -> None:
    """Try a method, and say what holds of it, what does not and how to mend it: bench check method=./my_method.py"""
    from bench.conformance import examine
    from bench.conformance.document import document
    from bench.conformance.short_run import short_run
    from bench.pages import terminal
    from bench.plugins import METHODS
    from bench.terminal import say

    asked = overrides or []
    if other := [text for text in asked if text.partition("=")[0].partition(".")[0] != "method"]:
        raise BenchError(f"bench check takes method=… and its options method.…=…, not {', '.join(other)}.")
    config = announced(asked)
    entry = METHODS.get(config.method.plugin)

    def tell(found: Finding) -> None:
        say(f"{found.check.title}: {'holds' if found.holds else found.what}")

    report = examine(entry.load(), config.method.hyperparameters, entry.files, told=tell)
    ran = short_run(asked)
    tell(ran)
    report = replace(report, findings=(*report.findings, ran))
    terminal.show(document(report, entry.name))
    if not report.holds:
        raise typer.Exit(MENDABLE)


def new(
    kind: Annotated[str, typer.Argument(help="what to write: method")],
    name: Annotated[str, typer.Argument(help="its name: small letters, digits, underscores")],
    overrides: Annotated[list[str] | None, typer.Argument(help="family=loss|two-stage|adversary|…")] = None,
) -> None:
    """Write a method to begin with, its test and its card into this folder: bench new method my_method family=loss"""
    from pathlib import Path

    from bench.plugins import scaffold

    asked = dict(text.partition("=")[::2] for text in overrides or [])
    if kind != "method" or (unknown := set(asked) - {"family"}):
        said = repr(kind) if kind != "method" else ", ".join(sorted(unknown))
        raise BenchError(f"bench new takes: method NAME family=…, not {said}.")
    for path in scaffold.write(name, asked.get("family", "loss"), Path()):
        typer.echo(str(path))
    typer.echo(f"`bench check method=./{name}.py` tries it.", err=True)


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
