"""Chunks of the image cache, filled in worker processes.

A worker for files imports numpy, Pillow and pydicom alone, so that it starts quickly; one for a phantom imports what
the phantom imports. No worker imports torch or a method.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from multiprocessing import connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from bench.data.pixels.sources import Rejected, Shape, Source

if TYPE_CHECKING:
    import pandas as pd


class Chunk(NamedTuple):
    """Cache rows ``start`` … ``stop - 1``."""

    start: int
    stop: int


class Place(Protocol):
    """Where images go: written from the row ``start`` on, with what the source gave of their rows."""

    @property
    def shape(self) -> Shape:
        """Layout of one image."""

    def write(self, start: int, pixels: np.ndarray, rows: Any) -> None:
        """Return only when the images are there."""


@dataclass(frozen=True)
class Target:
    """The place of the pixels: an array of ``(rows, *shape) uint8`` that starts ``offset`` bytes into ``file``."""

    file: Path
    offset: int
    shape: Shape

    def write(self, start: int, pixels: np.ndarray, rows: Any) -> None:
        """Write images from row ``start`` on; whoever counts them as finished sees to it that they reach the disk.

        Through a file handle, not a memory map, in which a full disk would end the process by SIGBUS.
        """
        with open(self.file, "r+b") as file:
            file.seek(self.offset + start * math.prod(self.shape))
            file.write(np.ascontiguousarray(pixels).data)


def fill(
    source: Source, target: Place, table: pd.DataFrame, chunks: Sequence[Chunk], workers: int
) -> Iterator[tuple[Chunk, Rejected]]:
    """Fill the chunks in ``workers`` processes; yields each chunk when it is written, with its rejected cache rows.

    In this process for one worker or one chunk, and for a phantom that another process could not import.

    Raises:
        BenchError: when a phantom cannot render its rows.
        BrokenProcessPool: when a worker process dies.
        OSError: when the pixels cannot be written.
    """
    jobs = ((chunk, source.rows(table.iloc[chunk.start : chunk.stop])) for chunk in chunks)
    if workers <= 1 or len(chunks) <= 1 or not all(map(_importable, source.code)):
        for chunk, rows in jobs:
            yield chunk, _fill(source, target, chunk.start, rows)
        return
    workers = min(workers, len(chunks))
    # Spawned: a fork would copy the locks of whatever threads (torch's among them) the parent has.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(_homes(source.code),))
    running: dict[Future[Rejected], Chunk] = {}

    def submit(some: Iterable[tuple[Chunk, Any]]) -> None:
        for chunk, rows in some:
            running[pool.submit(_fill, source, target, chunk.start, rows)] = chunk

    try:
        submit(islice(jobs, 2 * workers))
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()
            submit(islice(jobs, len(done)))
    finally:
        # Workers that have nothing to write are not waited for: they end by themselves.
        pool.shutdown(wait=bool(running), cancel_futures=True)


def _fill(source: Source, target: Place, start: int, rows: Any) -> Rejected:
    pixels, rejected = source.pixels(rows, target.shape)
    target.write(start, pixels, rows)
    return [(start + row, reason) for row, reason in rejected]


def _importable(thing: Any) -> bool:
    """Whether another process can find this function or class by its name."""
    module, name = getattr(thing, "__module__", "__main__"), getattr(thing, "__qualname__", "")
    return module != "__main__" and getattr(sys.modules.get(module), name, None) is thing


def _homes(code: Sequence[Any]) -> dict[str, tuple[str, bool]]:
    """File of every module this code comes from, packages first, and whether it is a package."""
    names = sorted({name for thing in code for name in (thing.__module__.partition(".")[0], thing.__module__)})
    modules = {name: sys.modules[name] for name in names if name in sys.modules}
    return {
        name: (file, hasattr(module, "__path__"))
        for name, module in modules.items()
        if (file := getattr(module, "__file__", None))
    }


def _start_worker(homes: dict[str, tuple[str, bool]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends the pool
    # A killed parent cannot end its workers, and they would wait for work for ever.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for name, (file, is_package) in homes.items():
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:  # a plugin given by its path lies on no path of Python's
            folders = [str(Path(file).parent)] if is_package else None
            spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folders)
            assert spec is not None  # a .py file always has a loader
            assert spec.loader is not None
            sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
