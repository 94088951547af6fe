"""Table and figure as files: whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.dial import document
from bench.dial.curves import Curve
from bench.dial.figure import figure
from bench.dial.request import Request
from bench.files import write_together
from bench.pages import comma_separated, markdown
from bench.pages.style import picture


def write(request: Request, found: Sequence[Curve]) -> list[Path]:
    """Write ``dial.md``, ``dial.csv`` and ``dial.png`` to ``<out>/<task>/<data set>/<dial>/``; those files.

    Raises:
        BenchError: when they cannot be written there.
    """
    task = request.networks[0].config.task
    folder = request.out / task.name / task.dataset / f"{request.dial}{'.trained' if request.trained else ''}"
    files = {
        "dial.md": markdown.render(document.page(request, found)).encode(),
        "dial.csv": comma_separated.render(document.numbers(request, found)).encode(),
        document.FIGURE: picture(figure(request, found), "png"),
    }
    return write_together(folder, files, "The curves")
