"""The image cache: every image decoded or rendered once, into a memory map that survives interruptions."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import BaseFileLock, FileLock, Timeout

from bench.data import cohorts
from bench.data.cohorts import identity
from bench.data.pixels.building import ABOUT, REJECTED, REPEATED, build, is_full, refuse_too_many
from bench.data.pixels.fingerprint import fingerprint
from bench.data.pixels.journal import PIXELS
from bench.data.pixels.kinds import source
from bench.data.pixels.sources import Shape, shape
from bench.errors import BenchError
from bench.task import MAX_UNREADABLE, Cohort, Dataset


@dataclass(frozen=True)
class Images:
    """The pixels of a cohort: ``pixels[cohort.rows]`` are its images, read-only.

    They are ``(N, H, W) uint8``, in a task of three channels ``(N, H, W, 3)``.

    ``rejected`` lists the images that gave none, with the reason; their rows are zeros and :meth:`apply` takes them out
    of the cohort. ``repeated`` gives for every image whose pixels are those of one before it the first of them.
    ``fingerprint`` is that of :mod:`bench.data.pixels.fingerprint`; ``folder`` holds it all.
    """

    pixels: np.ndarray
    rejected: tuple[tuple[str, str], ...]
    fingerprint: str
    folder: Path
    repeated: Mapping[str, str] = field(default_factory=dict)

    def apply(self, cohort: Cohort, checked: bool = True) -> Cohort:
        """The cohort without the rejected images, counted as ``image unreadable: <kind of fault>``.

        Repeated images stay, and are counted in ``set_to_unknown`` (:func:`bench.data.cohorts.identity.counts`).

        Raises:
            BenchError: when, ``checked``, what is left cannot be trained and scored on.
        """
        reasons = {image: f"image unreadable: {why.partition(':')[0]}" for image, why in self.rejected}
        rest = cohorts.drop(cohort, reasons, checked)
        again = identity.counts(rest.table, self.repeated)
        return replace(rest, set_to_unknown={**rest.set_to_unknown, **again}) if again else rest


def open_images(
    cohort: Cohort,
    dataset: Dataset,
    options: Any,
    root: Path | None,
    cache_dir: Path,
    size: int,
    workers: int,
    max_unreadable: float = MAX_UNREADABLE,
) -> Images:
    """The images of a cohort, built first where the cache does not hold them.

    Building shows its progress, goes on after a kill where it stopped, and appears whole or not at all. Of several
    processes that want the same images one builds and the others wait for it.

    Args:
        cohort: all rows, as :func:`bench.data.cohorts.build` made them.
        dataset: renders the pixels, or names files below ``root``.
        options: the data set's options.
        root: the data set's folder; None for a phantom.
        cache_dir: holds one folder a set of images.
        size: side of the square images, in pixels.
        workers: processes that decode or render.
        max_unreadable: share of the images that may be unreadable.

    Raises:
        BenchError: when a larger share of the images is unreadable, a phantom does not render, the disk is full, or the
            cache folder cannot be written.
    """
    if not np.array_equal(cohort.rows, np.arange(len(cohort))):
        raise ValueError("images are opened for a whole cohort, before any row is taken out")
    whole = (len(cohort), *shape(size, cohort.spec.channels))
    folder, name = _place(cohort, dataset, options, root, cache_dir, size)
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        if not folder.is_dir():
            with _lock(folder):
                if not folder.is_dir():
                    build(folder, cohort, dataset, source(dataset, options, root), size, workers, max_unreadable)
    except OSError as error:
        raise _unwritable(error, cache_dir, math.prod(whole)) from error
    except BrokenProcessPool as error:
        raise BenchError(
            f"A process that prepared images of data set {dataset.name!r} was killed, most often for want of memory."
            " What is finished is kept: the same command goes on from there. A script that calls this needs its"
            ' `if __name__ == "__main__":`.'
        ) from error
    images = _open(folder, name, whole)
    refuse_too_many(images.rejected, len(cohort), dataset, max_unreadable, folder / REJECTED)
    return images


def prepared(
    cohort: Cohort, dataset: Dataset, options: Any, root: Path | None, cache_dir: Path, size: int
) -> Images | None:
    """What :func:`open_images` would give, if the cache holds it; nothing is built.

    Raises:
        BenchError: when what it holds is damaged.
    """
    folder, name = _place(cohort, dataset, options, root, cache_dir, size)
    return _open(folder, name, (len(cohort), *shape(size, cohort.spec.channels))) if folder.is_dir() else None


def _place(
    cohort: Cohort, dataset: Dataset, options: Any, root: Path | None, cache_dir: Path, size: int
) -> tuple[Path, str]:
    """Where the images of a cohort stand, and their fingerprint."""
    name = fingerprint(cohort, dataset, options, root, size)
    return cache_dir / f"{dataset.name}-{size}px-{name[:20]}", name


def _lock(folder: Path) -> AbstractContextManager[BaseFileLock]:
    lock = FileLock(folder.with_name(folder.name + ".lock"))
    try:
        return lock.acquire(timeout=0.5)
    except Timeout:
        print(f"Waiting for another process that is preparing {folder.name} …", file=sys.stderr, flush=True)
        return lock.acquire()


def _open(folder: Path, name: str, whole: Shape) -> Images:
    try:
        pixels = np.load(folder / PIXELS, mmap_mode="r", allow_pickle=False)
        rejected = _pairs(folder / REJECTED)
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        if len(rejected) != about["rejected"]:
            raise ValueError(f"{REJECTED} lists {len(rejected)} of {about['rejected']} images")
        # Caches of before images were compared hold no list of those that are another again.
        repeated = _pairs(folder / REPEATED) if "repeated" in about else ()
        if len(repeated) != about.get("repeated", 0):
            raise ValueError(f"{REPEATED} lists {len(repeated)} of {about['repeated']} images")
        if pixels.shape != whole or pixels.dtype != np.uint8:
            raise ValueError(f"it holds {pixels.shape} {pixels.dtype}")
    except (OSError, ValueError, KeyError) as error:
        raise BenchError(
            f"The image cache {folder} is damaged ({error}). Delete this folder; the next run builds it anew."
        ) from error
    return Images(pixels, rejected, name, folder, dict(repeated))


def _pairs(path: Path) -> tuple[tuple[str, str], ...]:
    with open(path, newline="", encoding="utf-8") as file:
        return tuple((one, other) for one, other in list(csv.reader(file))[1:])


def _unwritable(error: OSError, cache_dir: Path, needed: int) -> BenchError:
    if is_full(error):
        return BenchError(
            f"No space left in {cache_dir} for the image cache, which takes {needed / 2**20:,.0f} MB. What"
            " was begun is deleted. Free some space, or say cache_dir=/a/roomier/folder."
        )
    return BenchError(
        f"The image cache cannot be written to {cache_dir}: {error.strerror or error}. Say"
        " cache_dir=/a/folder/of/yours."
    )
