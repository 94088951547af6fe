"""Runs jobs in this process, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from rich.markup import escape

from bench.errors import BenchError
from bench.terminal import say
from bench.work.jobs import Ended, Job

T = TypeVar("T")


class Watcher(Protocol):
    """Is told of every job when it begins and when it has ended, with its ``number`` of ``total``, counted from 1."""

    def begin(self, job: Job[Any], number: int, total: int) -> None:
        """A job begins."""

    def end(self, ended: Ended[Any], number: int, total: int) -> None:
        """It has ended."""


class Lines:
    """A line on stderr when a job begins, and one when it fails."""

    def begin(self, job: Job[Any], number: int, total: int) -> None:
        """``[1/5]`` and the label."""
        say(escape(f"[{number}/{total}] {job.label}"))

    def end(self, ended: Ended[Any], number: int, total: int) -> None:
        """The error."""
        if ended.error is not None:
            say(escape(f"error: {ended.error}"))


def run(jobs: Sequence[Job[T]], watcher: Watcher | None = None) -> list[Ended[T]]:
    """Run every job, in order. One that fails for a reason that the user can mend does not keep the others from it."""
    watcher, ended = watcher or Lines(), []
    for number, job in enumerate(jobs, start=1):
        watcher.begin(job, number, len(jobs))
        try:
            one = Ended(job, result=job.run())
        except BenchError as error:
            one = Ended(job, error=error)
        watcher.end(one, number, len(jobs))
        ended.append(one)
    return ended
