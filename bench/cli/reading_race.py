"""``bench reading-race``."""

from __future__ import annotations

import typer

from bench.cli.options import Overrides


def reading_race(overrides: Overrides = None) -> None:
    """The experiments of Gichoya et al. (2022) on a cohort: bench reading-race task=cxr [experiments=A1,C1] [seed=0,1].

    preset=quick (the default) runs coarse grids, preset=paper every cut-off and patch, preset=full everything;
    masks=folder names masks of the organ, one PNG an image; out=folder is where the report goes. Other options are
    those of bench run.
    """
    from bench.pages import terminal
    from bench.reading_race import document, report, settings, walk

    study = walk.walk(settings.parse(overrides or []))
    paths = report.write(study)
    terminal.show(document.summary(study))
    for path in paths:
        typer.echo(path)
