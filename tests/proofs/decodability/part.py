"""What a part of the proof is: a list of jobs, a measurement and its table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What is measured, and what came of it: both go to JSON.
Job = dict[str, Any]
Result = dict[str, Any]
Measured = list[tuple[Job, Result]]


@dataclass(frozen=True)
class Part:
    """``jobs(quick)`` lists what ``measure(**job)`` measures; ``table`` is Markdown from all of it."""

    jobs: Callable[[bool], list[Job]]
    measure: Callable[..., Result]
    table: Callable[[Measured], str]
    #: Measured one after another, with the machine to themselves.
    timed: bool = False
    draw: Callable[[Measured, Path], None] | None = None


def figure(value: float | None) -> str:
    """A share in three digits, without the leading zero."""
    return "–" if value is None else f"{value:.3f}".replace("0.", ".", 1)
