"""Small fits side by side: one thread each, as many at a time as there are cores."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

#: Bytes of features of which memory is no concern, and what a fit holds beside its coordinates.
_SMALL, _BESIDE = 2**24, 2**26
Item = TypeVar("Item")
Result = TypeVar("Result")


def each(function: Callable[[Item], Result], items: Iterable[Item], at_once: int) -> list[Result]:
    """The function of every item, in their order, ``at_once`` at a time."""
    if at_once == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(function, items))


@contextlib.contextmanager
def one_thread_each(size: int) -> Iterator[int]:
    """How many fits of features of so many bytes to do at a time.

    Small features: as many as there are cores. Else as many as keep features, coordinates and what every fit holds
    beside them within four times the features, so one or two. Each gets one thread of linear algebra: more would wait
    for each other longer than they compute (on a busy machine ten times as long), and so the results do not depend on
    the number of cores either.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with threadpool_limits(limits=1):
        yield cores if size < _SMALL else min(cores, max(1, 3 * size // (size + _BESIDE)))
