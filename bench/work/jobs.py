"""A job is a piece of work with an id that is known before it starts: a run, a trial, a cell of a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bench.errors import BenchError

T = TypeVar("T")


@dataclass(frozen=True)
class Job(Generic[T]):
    """Work that can be asked for again and again, and is done once.

    ``id`` says what is asked for, and is the same in every process that asks; ``label`` says it to whoever watches.
    ``done`` tells whether the result is there already. ``run`` returns the result, and does what is still to be done
    for it: interrupted, it goes on where it stopped. What the user can mend it raises as a :class:`BenchError`.
    """

    id: str
    label: str
    done: Callable[[], bool]
    run: Callable[[], T]


@dataclass(frozen=True)
class Ended(Generic[T]):
    """A job that came to its end: with its result, or with the error that stopped it."""

    job: Job[T]
    result: T | None = None
    error: Exception | None = None


def results(ended: Sequence[Ended[T]], what: str) -> list[T]:
    """The results of all jobs; ``what`` is the plural that they are called by.

    Raises:
        BenchError: naming the jobs that failed, where any did.
    """
    failed = [one.job.label for one in ended if one.error is not None]
    if failed:
        raise BenchError(f"{len(failed)} of {len(ended)} {what} failed ({'; '.join(failed)}); the others are recorded.")
    return [one.result for one in ended]  # type: ignore[misc]
