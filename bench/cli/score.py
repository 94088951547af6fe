"""``bench score`` and ``bench convert``."""

from __future__ import annotations

from pathlib import Path

import typer

from bench.cli.options import Overrides
from bench.errors import BenchError


def score(overrides: Overrides = None) -> None:
    """Score networks that are trained where scores are missing: bench score runs_dir=runs [scoring=board] [test.…]

    task=…, method=… and seed=… choose among the runs; test.… names other sets, scoring=… and scoring.… how scores are
    made, as for bench run. Nothing is trained.
    """
    from bench.run.stored import score_stored

    for outcome in score_stored(overrides or []):
        typer.echo(outcome)


def convert(overrides: Overrides = None) -> None:
    """Write records of an earlier schema anew: bench convert runs_dir=runs. Nothing is computed."""
    from bench import config
    from bench.records.conversion import convert as convert_all

    values = {"runs_dir": "runs", **config.given(overrides or [])}
    if unknown := set(values) - {"runs_dir"}:
        raise BenchError(f"bench convert takes runs_dir=…, not {', '.join(sorted(unknown))}.")
    made = convert_all(Path(str(values["runs_dir"])).expanduser(), typer.echo)
    typer.echo(f"{len(made)} records converted." if made else "There is no record of an earlier schema.")
