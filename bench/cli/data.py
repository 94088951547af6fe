"""``bench data check``, ``bench data map`` and ``bench data export``."""

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


def map_data(
    table: Annotated[Path, typer.Argument(help="the table of your images, in their folder or above it")],
    overrides: Annotated[list[str] | None, typer.Argument(help="task=cxr out=mapping.yaml")] = None,
) -> None:
    """Draft the mapping of a table of your own, to be checked: bench data map visits.csv task=cxr out=mapping.yaml"""
    from bench.data.readers import drafting
    from bench.files import write_text
    from bench.plugins.registry import TASKS

    given = dict(text.partition("=")[::2] for text in overrides or [])
    own = {"task": "cxr", "out": ""}
    for name in given:
        if name not in own:
            raise BenchError(f"bench data map takes no option {name!r}.{suggest(name, own)}")
    own |= given
    text = drafting.draft(table.expanduser(), TASKS.get(own["task"]).load())
    if not own["out"]:
        typer.echo(text, nl=False)
        return
    out = Path(own["out"]).expanduser()
    if out.exists() or not out.parent.is_dir():
        why = "is there already, and is not written over" if out.exists() else f"has no folder {out.parent} to lie in"
        raise BenchError(f"out={own['out']} {why}. Give another place for the draft.")
    write_text(out, text)
    typer.echo(out)


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
