"""Small fits side by side: one thread each, as many at a time as there are cores."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(function: Callable[[Item], Result], items: Iterable[Item], at_once: int) -> list[Result]:
    """The function of every item, in their order, ``at_once`` at a time."""
    if at_once == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(function, items))


@contextlib.contextmanager
def one_thread_each(small: bool) -> Iterator[int]:
    """How many fits to do at a time: where they are small as many as there are cores, one at a time otherwise.

    Small ones get one thread of linear algebra each: more would wait for each other longer than they compute (on a busy
    machine ten times as long), and so the results do not depend on the number of cores either.
    """
    if not small:
        yield 1
        return
    with threadpool_limits(limits=1):
        yield len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
