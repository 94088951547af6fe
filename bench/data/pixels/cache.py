"""The image cache: every image decoded or rendered once, into a memory map that survives interruptions."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import math
import os
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import AcquireReturnProxy, FileLock, Timeout

from bench.data import cohorts
from bench.data.pixels.chunks import Chunk, Files, Rejected, Rendered, Shape, Target, fill, shape
from bench.data.pixels.decode import DECODER_VERSION, split_frame
from bench.errors import BenchError
from bench.task import MAX_UNREADABLE, Cohort, Dataset, require_root
from bench.terminal import Progress

#: Raised when the layout of the cache folder changes.
_LAYOUT = 1
#: Images a chunk: what a worker takes at once, and the most that a kill costs each worker.
_CHUNK = 64
#: Seconds of finished chunks that a kill may cost besides.
_SYNCED_AFTER = 1.0
_PIXELS, _JOURNAL, _REJECTED, _ABOUT = "pixels.npy", "finished.jsonl", "rejected.csv", "cache.json"


@dataclass(frozen=True)
class Images:
    """The pixels of a cohort: ``pixels[cohort.rows]`` are its images, read-only.

    They are ``(N, H, W) uint8``, in a task of three channels ``(N, H, W, 3)``.

    ``rejected`` lists the images that gave none, with the reason; their rows are zeros and :meth:`apply` takes them out
    of the cohort. ``fingerprint`` is that of :func:`fingerprint`; ``folder`` holds it all.
    """

    pixels: np.ndarray
    rejected: tuple[tuple[str, str], ...]
    fingerprint: str
    folder: Path

    def apply(self, cohort: Cohort, checked: bool = True) -> Cohort:
        """The cohort without the rejected images, counted as ``image unreadable: <kind of fault>``.

        Raises:
            BenchError: when, ``checked``, what is left cannot be trained and scored on.
        """
        reasons = {image: f"image unreadable: {why.partition(':')[0]}" for image, why in self.rejected}
        return cohorts.drop(cohort, reasons, checked)


def fingerprint(cohort: Cohort, dataset: Dataset, options: Any, root: Path | None, size: int) -> str:
    """SHA-256 of all that determines the pixels, found without reading any.

    Of files: each one's path below ``root``, length and time of last change (in nanoseconds, so that a file replaced by
    one of the same length is noticed; a copy that does not keep the times is decoded again), in row order, and the
    decoder's version. Of a phantom: its options and every cell of the table but the split. Of both: the data set's name
    and version, ``size``, and the number of channels where it is not one.
    """
    about = _about(cohort, dataset, size)
    if dataset.render:
        digest = _start_digest(about | {"options": options.model_dump(mode="json")})
        digest.update(cohort.table.drop(columns="split").to_csv(index=False, float_format="%.9g").encode())
        return digest.hexdigest()
    above = os.path.join(require_root(root, dataset.name), "")  # joining paths takes longer than asking the disk
    digest = _start_digest(about | {"decoder": DECODER_VERSION})
    for image in cohort.table["image"]:
        try:
            stat = os.stat(above + split_frame(image)[0])
            digest.update(f"{image}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
        except OSError as error:
            digest.update(f"{image}\0{error.strerror}\n".encode())
    return digest.hexdigest()


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
    name = fingerprint(cohort, dataset, options, root, size)
    folder = cache_dir / f"{dataset.name}-{size}px-{name[:20]}"
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        if not folder.is_dir():
            with _lock(folder):
                if not folder.is_dir():
                    _build(folder, cohort, dataset, options, root, size, workers, max_unreadable)
    except OSError as error:
        raise _unwritable(error, cache_dir, math.prod(whole)) from error
    except BrokenProcessPool as error:
        raise BenchError(
            f"A process that prepared images of data set {dataset.name!r} was killed, most often for want of memory."
            " What is finished is kept: the same command goes on from there. A script that calls this needs its"
            ' `if __name__ == "__main__":`.'
        ) from error
    images = _open(folder, name, whole)
    _refuse_too_many(images.rejected, len(cohort), dataset, max_unreadable, folder / _REJECTED)
    return images


def _about(cohort: Cohort, dataset: Dataset, size: int) -> dict[str, Any]:
    about = {"layout": _LAYOUT, "dataset": dataset.name, "version": dataset.version, "size": size}
    # Not said of one channel, so that caches from before there was colour stay valid.
    return about if cohort.spec.channels == 1 else about | {"channels": cohort.spec.channels}


def _start_digest(about: dict[str, Any]) -> Any:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode())


def _lock(folder: Path) -> AcquireReturnProxy:
    lock = FileLock(folder.with_name(folder.name + ".lock"))
    try:
        return lock.acquire(timeout=0.5)
    except Timeout:
        print(f"Waiting for another process that is preparing {folder.name} …", file=sys.stderr, flush=True)
        return lock.acquire()


def _build(
    folder: Path,
    cohort: Cohort,
    dataset: Dataset,
    options: Any,
    root: Path | None,
    size: int,
    workers: int,
    max_unreadable: float,
) -> None:
    partial = folder.with_name(folder.name + ".partial")
    image = shape(size, cohort.spec.channels)
    whole = (len(cohort), *image)
    try:
        finished = _resume(partial, whole) or _start(partial, whole)
        chunks = [Chunk(at, min(at + _CHUNK, len(cohort))) for at in range(0, len(cohort), _CHUNK)]
        rejected = [row for rows in finished.values() for row in rows]
        done = sum(chunk.stop - chunk.start for chunk in finished)
        offset = np.load(partial / _PIXELS, mmap_mode="r", allow_pickle=False).offset
        target = Target(partial / _PIXELS, offset, image)
        source = Rendered(dataset, options) if dataset.render else Files(require_root(root, dataset.name))
        todo = [chunk for chunk in chunks if chunk not in finished]
        with (
            Progress(f"{dataset.name}, {size} px", len(cohort), done) as progress,
            _Journal(partial) as journal,
        ):
            for chunk, bad in fill(source, target, cohort.table, todo, workers):
                journal.add(chunk, bad)
                rejected += bad
                progress.advance(chunk.stop - chunk.start)
        images = cohort.table["image"].to_numpy()
        listed = [(str(images[row]), reason) for row, reason in sorted(rejected)]
        kept = folder.with_name(folder.name + ".rejected.csv")
        _write_rejected(kept, listed)
        # The list stays; the rest goes, so that the next attempt reads all anew.
        _refuse_too_many(listed, len(cohort), dataset, max_unreadable, kept)
        os.replace(kept, partial / _REJECTED)
        about = _about(cohort, dataset, size)
        _write(partial / _ABOUT, json.dumps(about | {"images": len(cohort), "rejected": len(listed)}, indent=2))
        os.replace(partial, folder)
        (folder / _JOURNAL).unlink()
    except (OSError, BenchError) as error:
        # A full disk is to be freed, and a phantom's code mended: neither is to find what was made before.
        if isinstance(error, BenchError) or _is_full(error):
            shutil.rmtree(partial, ignore_errors=True)
        raise


class _Journal:
    """Puts down which chunks are finished, and each only when its pixels are on disk.

    Once a second, for all chunks since: to wait for the disk after each would take longer than decoding small images.
    """

    def __init__(self, partial: Path) -> None:
        self.pixels, self.lines = open(partial / _PIXELS, "r+b"), open(partial / _JOURNAL, "a")  # noqa: SIM115
        self.waiting: list[str] = []
        self.synced = time.monotonic()

    def __enter__(self) -> _Journal:
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


def _start(partial: Path, whole: Shape) -> dict[Chunk, Rejected]:
    """An empty cache with all its space taken; the journal comes last and says that the rest is there."""
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    np.lib.format.open_memmap(partial / _PIXELS, mode="w+", dtype=np.uint8, shape=whole).flush()
    with open(partial / _PIXELS, "r+b") as file:
        if hasattr(os, "posix_fallocate"):
            # All of it is taken now, so that a disk too small shows at once and not in an hour.
            os.posix_fallocate(file.fileno(), 0, file.seek(0, os.SEEK_END))
        os.fsync(file.fileno())
    (partial / _JOURNAL).touch()
    return {}


def _resume(partial: Path, whole: Shape) -> dict[Chunk, Rejected]:
    """The finished chunks of an interrupted build, with their rejected rows; empty where there is none."""
    finished = {}
    try:
        lines = (partial / _JOURNAL).read_text().split("\n")
        if np.load(partial / _PIXELS, mmap_mode="r", allow_pickle=False).shape != whole:
            return {}
        for line in lines[:-1]:  # what follows the last newline was cut off by the kill
            start, stop, rejected = json.loads(line)
            finished[Chunk(start, stop)] = [(row, reason) for row, reason in rejected]
    except (FileNotFoundError, ValueError):
        return {}
    # Without the torn line, which the next one would be glued to.
    _write(partial / (_JOURNAL + ".tmp"), "".join(line + "\n" for line in lines[:-1]))
    os.replace(partial / (_JOURNAL + ".tmp"), partial / _JOURNAL)
    return finished


def _write_rejected(path: Path, rejected: Sequence[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("image", "reason"), *rejected])
    _write(path, text.getvalue())


def _write(path: Path, text: str) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _refuse_too_many(rejected: Sequence[tuple[str, str]], n: int, dataset: Dataset, most: float, listing: Path) -> None:
    """Stop when too few images are left."""
    if len(rejected) <= most * n:
        return
    few = "; ".join(f"{image} ({reason})" for image, reason in rejected[:3])
    share = "None" if len(rejected) == n else f"Only {n - len(rejected):,}"
    raise BenchError(
        f"{share} of the {n:,} images of data set {dataset.name!r} can be read, and no more than"
        f" {most:.4g} of them may be unreadable (task.max_unreadable). The first are {few}. {listing} lists all: mend"
        " or fetch these files again, or take them out of the data set's table."
    )


def _open(folder: Path, name: str, whole: Shape) -> Images:
    try:
        pixels = np.load(folder / _PIXELS, mmap_mode="r", allow_pickle=False)
        with open(folder / _REJECTED, newline="", encoding="utf-8") as file:
            rejected = tuple((image, reason) for image, reason in list(csv.reader(file))[1:])
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        if len(rejected) != about["rejected"]:
            raise ValueError(f"{_REJECTED} lists {len(rejected)} of {about['rejected']} images")
        if pixels.shape != whole or pixels.dtype != np.uint8:
            raise ValueError(f"it holds {pixels.shape} {pixels.dtype}")
    except (OSError, ValueError, KeyError) as error:
        raise BenchError(
            f"The image cache {folder} is damaged ({error}). Delete this folder; the next run builds it anew."
        ) from error
    return Images(pixels, rejected, name, folder)


def _is_full(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _unwritable(error: OSError, cache_dir: Path, needed: int) -> BenchError:
    if _is_full(error):
        return BenchError(
            f"No space left in {cache_dir} for the image cache, which takes {needed / 2**20:,.0f} MB. What"
            " was begun is deleted. Free some space, or say cache_dir=/a/roomier/folder."
        )
    return BenchError(
        f"The image cache cannot be written to {cache_dir}: {error.strerror or error}. Say"
        " cache_dir=/a/folder/of/yours."
    )
