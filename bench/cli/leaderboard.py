"""``bench leaderboard``."""

from __future__ import annotations

from pathlib import Path

import typer

from bench.cli.options import Overrides
from bench.errors import BenchError


def leaderboard(overrides: Overrides = None) -> None:
    """Records into a table (Markdown, CSV, LaTeX) and a figure: bench leaderboard task=cxr [runs_dir=…] [out=…]."""
    from bench import config, records
    from bench.leaderboard import build
    from bench.scoring.catalogue import BY_KEY

    values = {"task": None, "runs_dir": "runs", "out": "leaderboards", **config.given(overrides or [])}
    if unknown := set(values) - {"task", "runs_dir", "out"}:
        raise BenchError(f"bench leaderboard takes task=…, runs_dir=… and out=…, not {', '.join(sorted(unknown))}.")
    found = records.read_all(Path(str(values["runs_dir"])).expanduser(), values["task"], BY_KEY)
    for path in build(found, Path(str(values["out"])).expanduser()):
        typer.echo(path)
