"""What verbs take, and reading it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.config import RunConfig

Overrides = Annotated[list[str] | None, typer.Argument(help="option=value …; `bench show` lists the options")]
Multirun = Annotated[bool, typer.Option("-m", "--multirun", help="run the product of comma lists: seed=0,1")]


def announced(overrides: list[str], quietly: bool = False) -> RunConfig:
    """The configuration of these overrides; whoever watches is told that it takes a moment, unless ``quietly``."""
    from bench.terminal import say

    if sys.stderr.isatty() and not quietly:
        say("loading …")
    from bench.config import compose

    return compose(overrides)
