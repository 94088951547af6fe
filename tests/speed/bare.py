"""The floor under the image cache: images decoded to their size by a pool of processes, and nothing else."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.data.pixels.decode import decode


def decode_all(files: Sequence[Path], size: int, channels: int, workers: int) -> None:
    """Decode every file once and forget it."""
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for _ in pool.imap_unordered(partial(_forget, size=size, channels=channels), files, chunksize=64):
            pass


def _forget(file: Path, size: int, channels: int) -> None:
    decode(file, size, channels)
