"""``bench data check`` and ``bench data export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import Overrides, announced
from bench.errors import BenchError, suggest


def check_data(
    overrides: Overrides = None,
    sample: Annotated[int, typer.Option(min=1, help="images that are decoded, drawn by seed=…")] = 64,
    sheet: Annotated[Path | None, typer.Option(help="PNG to draw the first 64 of these into, with their names")] = None,
) -> None:
    """Read a data set but for its pixels, and a sample of these: bench data check task=cxr task.dataset=…"""
    from bench.data import check_document
    from bench.data.check import check
    from bench.pages import terminal

    if sheet:
        from bench.data import contact_sheet

        contact_sheet.check_path(sheet)
    config = announced(overrides or [])
    found = check(config, sample)
    title = f"{config.task.dataset}, a data set of task {config.task.name}"
    terminal.show(check_document.document(found, title, config.task.protected))
    if sheet and found.looked:
        contact_sheet.write(found, title, sheet)
        typer.echo(sheet)
    if found.errors:
        raise BenchError(" ".join(found.errors))


def export_data(overrides: Overrides = None) -> None:
    """Render a phantom into files and a table: bench data export task=cxr format=dicom out=folder"""
    from bench import config
    from bench.data.export import FORMATS, export

    own = {"format": "dicom", "out": None}
    given = config.given(overrides or [])
    own |= {name: given[name] for name in own if name in given}
    if own["format"] not in FORMATS:
        raise BenchError(f"format={own['format']} is none that can be written.{suggest(str(own['format']), FORMATS)}")
    if not own["out"]:
        raise BenchError("Say which folder the files go to: bench data export task=cxr out=/a/folder.")
    rest = [text for text in overrides or [] if text.partition("=")[0] not in own]
    typer.echo(export(announced(rest), Path(str(own["out"])).expanduser()))
