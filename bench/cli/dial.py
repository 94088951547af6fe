"""``bench dial``."""

from __future__ import annotations

import typer

from bench.cli.options import Overrides


def dial(overrides: Overrides = None) -> None:
    """Scores against the strength of one association: bench dial task=cxr method=erm,group_dro bias.prevalence=0,.05,.1

    Networks are trained as by bench run, and the phantom's test patients rendered anew at each strength; trained=true
    trains them at each strength, too. out=… is the folder of table and figure. No run is done twice.
    """
    from bench.dial import curves, read
    from bench.dial.writing import write

    request = read(overrides or [])
    for path in write(request, curves(request)):
        typer.echo(path)
