"""Table and figure as files: whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from bench.dial import document
from bench.dial.curves import Curve
from bench.dial.figure import figure
from bench.dial.request import Request
from bench.errors import BenchError
from bench.files import locked, write_bytes
from bench.pages import comma_separated, markdown


def write(request: Request, found: Sequence[Curve]) -> list[Path]:
    """Write ``dial.md``, ``dial.csv`` and ``dial.png`` to ``<out>/<task>/<data set>/<dial>/``; those files.

    Raises:
        BenchError: when they cannot be written there.
    """
    task = request.networks[0].config.task
    folder = request.out / task.name / task.dataset / f"{request.dial}{'.trained' if request.trained else ''}"
    png = io.BytesIO()
    # No dates and no versions inside: a figure changes only when its numbers do.
    figure(request, found).savefig(png, format="png", metadata={"Software": None})
    contents = {
        "dial.md": markdown.render(document.page(request, found)).encode(),
        "dial.csv": comma_separated.render(document.numbers(request, found)).encode(),
        document.FIGURE: png.getvalue(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            for name, content in contents.items():
                write_bytes(folder / name, content, shared=True)
    except OSError as error:
        raise BenchError(f"The curves cannot be written to {folder}: {error.strerror or error}.") from error
    return [folder / name for name in contents]
