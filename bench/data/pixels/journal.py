"""What of an image cache is finished: put down as it is built, found again after a kill."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np

from bench.data.pixels.chunks import Chunk
from bench.data.pixels.sources import Rejected, Shape
from bench.files import write_text

#: The file of the pixels, and the file that says which of its chunks are finished.
PIXELS, JOURNAL = "pixels.npy", "finished.jsonl"
#: Seconds of finished chunks that a kill may cost.
_SYNCED_AFTER = 1.0


class Journal:
    """Puts down which chunks are finished, and each only when its pixels are on disk.

    Once a second, for all chunks since: to wait for the disk after each would take longer than decoding small images.
    """

    def __init__(self, partial: Path) -> None:
        self.pixels, self.lines = open(partial / PIXELS, "r+b"), open(partial / JOURNAL, "a")  # noqa: SIM115
        self.waiting: list[str] = []
        self.synced = time.monotonic()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        with self.pixels, self.lines:
            self._sync()

    def add(self, chunk: Chunk, rejected: Rejected) -> None:
        """This chunk is written."""
        self.waiting.append(json.dumps([*chunk, rejected]) + "\n")
        if time.monotonic() - self.synced >= _SYNCED_AFTER:
            self._sync()

    def _sync(self) -> None:
        os.fsync(self.pixels.fileno())  # what the workers wrote as well
        self.lines.write("".join(self.waiting))
        self.lines.flush()
        os.fsync(self.lines.fileno())
        self.waiting, self.synced = [], time.monotonic()


def start(partial: Path, whole: Shape) -> dict[Chunk, Rejected]:
    """An empty cache with all its space taken; the journal comes last and says that the rest is there."""
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    np.lib.format.open_memmap(partial / PIXELS, mode="w+", dtype=np.uint8, shape=whole).flush()
    with open(partial / PIXELS, "r+b") as file:
        if hasattr(os, "posix_fallocate"):
            # All of it is taken now, so that a disk too small shows at once and not in an hour.
            os.posix_fallocate(file.fileno(), 0, file.seek(0, os.SEEK_END))
        os.fsync(file.fileno())
    (partial / JOURNAL).touch()
    return {}


def resume(partial: Path, whole: Shape) -> dict[Chunk, Rejected]:
    """The finished chunks of an interrupted build, with their rejected rows; empty where there is none."""
    finished = {}
    try:
        lines = (partial / JOURNAL).read_text().split("\n")
        if np.load(partial / PIXELS, mmap_mode="r", allow_pickle=False).shape != whole:
            return {}
        for line in lines[:-1]:  # what follows the last newline was cut off by the kill
            start, stop, rejected = json.loads(line)
            finished[Chunk(start, stop)] = [(row, reason) for row, reason in rejected]
    except (FileNotFoundError, ValueError):
        return {}
    # Without the torn line, which the next one would be glued to.
    write_text(partial / JOURNAL, "".join(line + "\n" for line in lines[:-1]))
    return finished
