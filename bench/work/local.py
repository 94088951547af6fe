"""Runs jobs in this process, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from bench.errors import BenchError, in_a_line
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
        say(f"[{number}/{total}] {job.label}")

    def end(self, ended: Ended[Any], number: int, total: int) -> None:
        """The error."""
        if ended.error is not None:
            say(f"error: {in_a_line(ended.error)}")


def run(
    jobs: Sequence[Job[T]], watcher: Watcher | None = None, survived: type[Exception] = BenchError
) -> list[Ended[T]]:
    """Run every job, in order; one that fails does not keep the others from it.

    Args:
        jobs: what is to be run.
        watcher: is told of them; a line each where none is given.
        survived: the errors after which the next job begins. Others stop all, as Ctrl-C does.
    """
    watcher, ended = watcher or Lines(), []
    for number, job in enumerate(jobs, start=1):
        watcher.begin(job, number, len(jobs))
        try:
            one = Ended(job, result=job.run())
        except survived as error:
            one = Ended(job, error=error)
        watcher.end(one, number, len(jobs))
        ended.append(one)
    return ended
