"""``bench leaderboard``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from bench.cli.options import Overrides
from bench.errors import BenchError

_OPTIONS = ("task", "runs_dir", "out", "seeds")


def leaderboard(overrides: Overrides = None) -> None:
    """Records into a table (Markdown, CSV, LaTeX) and a figure: bench leaderboard task=cxr [runs_dir=…] [out=…]

    seeds=0,1,2,3,4 are those of the edition: a row that lacks one of them is listed, and not ranked.
    """
    from bench import config, records
    from bench.leaderboard import EDITION, build
    from bench.scoring.catalogue import BY_KEY

    texts = overrides or []
    of_seeds = [text for text in texts if text.partition("=")[0].strip() == "seeds"]
    given = config.given([text for text in texts if text not in of_seeds])
    values: dict[str, Any] = {"task": None, "runs_dir": "runs", "out": "leaderboards", **given}
    if unknown := set(values) - set(_OPTIONS):
        raise BenchError(
            f"bench leaderboard takes task=…, runs_dir=…, out=… and seeds=…, not {', '.join(sorted(unknown))}."
        )
    seeds = _seeds(of_seeds[-1]) if of_seeds else EDITION
    found = records.read_all(Path(str(values["runs_dir"])).expanduser(), values["task"], BY_KEY)
    for path in build(found, Path(str(values["out"])).expanduser(), seeds=seeds):
        typer.echo(path)


def _seeds(text: str) -> tuple[int, ...]:
    """The seeds of ``seeds=0,1,2`` or ``seeds=[0,1,2]``, in ascending order."""
    from bench import config

    given = [config.given(one)["seeds"] for one in config.multirun([text])]
    listed = given[0] if len(given) == 1 and isinstance(given[0], list) else given
    if not all(isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0 for seed in listed):
        raise BenchError(f"{text!r} names no seeds: they are whole numbers from 0, such as seeds=0,1,2,3,4.")
    return tuple(sorted(listed))
