"""What importing plugins really gives, found out in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

from bench.errors import BenchError
from bench.plugins.entry import Entry
from bench.plugins.memory import remember

T = TypeVar("T")

#: How long importing all plugins may take, in seconds.
_LONGEST = 300


def check(entries: Iterable[Entry[T]]) -> list[Entry[T]]:
    """The same entries with the error that importing each one really gives; imported in a process of its own.

    What is found is remembered for later listings.
    """
    entries = list(entries)
    errors: dict[int, str | None] = {}
    left = [index for index, entry in enumerate(entries) if not entry.blocked]
    while left:
        seen, end = _import_elsewhere([entries[index] for index in left])
        errors.update(zip(left, seen, strict=False))
        left = left[len(seen) :]
        if left:  # the process did not outlive this one; the others are tried without it
            errors[left[0]] = f"cannot be imported: {end}"
            remember(entries[left[0]], errors[left[0]])
            left = left[1:]
    return [replace(entry, error=errors.get(index, entry.error)) for index, entry in enumerate(entries)]


def _import_elsewhere(entries: list[Entry[Any]]) -> tuple[list[str | None], str]:
    """Import these in a fresh interpreter: their errors, as far as it came, and how it ended."""
    # These two here: a listing has no use for them, and should come at once.
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        plan, report = Path(folder, "plan.json"), Path(folder, "report.jsonl")
        plan.write_text(json.dumps([asdict(entry) for entry in entries], default=str), encoding="utf-8")
        report.touch()
        command = [
            sys.executable,
            "-P",
            "-c",
            "import sys; from bench.plugins import checking; checking.report_imports(*sys.argv[1:])",
        ]
        paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
        try:
            done = subprocess.run(
                [*command, str(plan), str(report)],
                env={**os.environ, "PYTHONPATH": paths},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_LONGEST,
            )
            last = done.stderr.strip().splitlines()[-1:]
            end = ": ".join([f"it ended Python with exit code {done.returncode}", *last])
        except subprocess.TimeoutExpired:
            end = f"it did not finish within {_LONGEST} s"
        return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()], end


def report_imports(plan: str, report: str) -> None:
    """Import each entry of ``plan`` and append its error to ``report``, one JSON line each."""
    for fields in json.loads(Path(plan).read_text(encoding="utf-8")):
        entry = _from_json(fields)
        try:
            _, error = entry.attempt()
            remember(entry, error)
        except BenchError as failure:  # of the task that a data set belongs to
            error = f"cannot be imported: {str(failure).rstrip('.')}"
        with open(report, "a", encoding="utf-8") as file:
            file.write(json.dumps(error) + "\n")


def _from_json(fields: dict[str, Any]) -> Entry[Any]:
    source, parent = fields.pop("source"), fields.pop("parent")
    return Entry(**fields, source=source and Path(source), parent=parent and _from_json(parent))
