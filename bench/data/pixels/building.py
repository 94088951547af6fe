"""Building an image cache: chunk by chunk into a folder of its own, which survives interruptions."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.data.cohorts.identity import same_pixels
from bench.data.pixels.chunks import Chunk, Target, fill
from bench.data.pixels.fingerprint import about
from bench.data.pixels.journal import JOURNAL, PIXELS, Journal, resume, start
from bench.data.pixels.sources import Rejected, Source, shape
from bench.errors import BenchError
from bench.files import write_text
from bench.task import Cohort, Dataset
from bench.terminal import Progress

#: Files of a cache beside its pixels: the images that gave none, those that are another again, and what it holds.
REJECTED, REPEATED, ABOUT = "rejected.csv", "repeated.csv", "cache.json"
#: Images a chunk: what a worker takes at once, and the most that a kill costs each worker.
_CHUNK = 64


def build(
    folder: Path,
    cohort: Cohort,
    dataset: Dataset,
    source: Source,
    size: int,
    workers: int,
    max_unreadable: float,
) -> None:
    """Make a cache folder, or go on making it: it appears whole or not at all.

    Args:
        folder: which is not there yet.
        cohort: all rows.
        dataset: the name and identity of which are written down.
        source: gives the pixels.
        size: side of the images, in pixels.
        workers: processes that decode or render.
        max_unreadable: share of the images that may be unreadable.

    Raises:
        BenchError: when a larger share is unreadable, or a phantom does not render.
        BrokenProcessPool: when a worker process dies.
        OSError: when nothing can be written.
    """
    partial = folder.with_name(folder.name + ".partial")
    try:
        rejected = _fill(partial, cohort, source, size, workers, f"{dataset.name}, {size} px")
        images = cohort.table["image"].to_numpy()
        listed = [(str(images[row]), reason) for row, reason in sorted(rejected)]
        kept = folder.with_name(folder.name + ".rejected.csv")
        _write_pairs(kept, ("image", "reason"), listed)
        # The list stays; the rest goes, so that the next attempt reads all anew.
        refuse_too_many(listed, len(cohort), dataset, max_unreadable, kept)
        os.replace(kept, partial / REJECTED)
        again = [] if dataset.rendered else _repeated(partial, images)
        _write_pairs(partial / REPEATED, ("image", "first"), again)
        found = {"images": len(cohort), "rejected": len(listed), "repeated": len(again)}
        stated = about(cohort, dataset, size) | found
        write_text(partial / ABOUT, json.dumps(stated, indent=2))
        os.replace(partial, folder)
        (folder / JOURNAL).unlink()
    except (OSError, BenchError) as error:
        # A full disk is to be freed, and a phantom's code mended: neither is to find what was made before.
        if isinstance(error, BenchError) or is_full(error):
            shutil.rmtree(partial, ignore_errors=True)
        raise


def _fill(partial: Path, cohort: Cohort, source: Source, size: int, workers: int, title: str) -> Rejected:
    """Write what is lacking of the pixels; the rejected rows, those of finished chunks among them."""
    image = shape(size, cohort.spec.channels)
    whole = (len(cohort), *image)
    finished = resume(partial, whole) or start(partial, whole)
    chunks = [Chunk(at, min(at + _CHUNK, len(cohort))) for at in range(0, len(cohort), _CHUNK)]
    rejected = [row for rows in finished.values() for row in rows]
    done = sum(chunk.stop - chunk.start for chunk in finished)
    offset = np.load(partial / PIXELS, mmap_mode="r", allow_pickle=False).offset
    target = Target(partial / PIXELS, offset, image)
    todo = [chunk for chunk in chunks if chunk not in finished]
    with Progress(title, len(cohort), done) as progress, Journal(partial) as journal:
        for chunk, bad in fill(source, target, cohort.table, todo, workers):
            journal.add(chunk, bad)
            rejected += bad
            progress.advance(chunk.stop - chunk.start)
    return rejected


def _repeated(partial: Path, images: np.ndarray) -> list[tuple[str, str]]:
    """The images whose pixels are those of one before them, each with the first of these."""
    pixels = np.load(partial / PIXELS, mmap_mode="r", allow_pickle=False)
    return [(str(images[row]), str(images[first])) for row, first in same_pixels(pixels).items()]


def _write_pairs(path: Path, names: tuple[str, str], pairs: Sequence[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([names, *pairs])
    write_text(path, text.getvalue())


def refuse_too_many(rejected: Sequence[tuple[str, str]], n: int, dataset: Dataset, most: float, listing: Path) -> None:
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


def is_full(error: OSError) -> bool:
    """Whether an error says that the disk, or the user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
