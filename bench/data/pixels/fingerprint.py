"""What determines the pixels of a cohort, found without decoding any."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from bench.data.pixels.kinds import source
from bench.task import Cohort, Dataset

#: Raised when the layout of the cache folder changes.
_LAYOUT = 1


def fingerprint(cohort: Cohort, dataset: Dataset, options: Any, root: Path | None, size: int) -> str:
    """SHA-256 of all that determines the pixels, found without decoding any.

    Of files: each one's path below ``root``, length, time of last change and a sample of the content, in row order, and
    the decoder's version.
    Of a phantom: its options and every cell of the table but the split. Of both: the data set's name and identity,
    ``size``, and the number of channels where it is not one.
    """
    pixels = source(dataset, options, root)
    stated = about(cohort, dataset, size) | pixels.about()
    digest = hashlib.sha256(json.dumps(stated, sort_keys=True).encode())
    for row in pixels.of_each(cohort.table):
        digest.update(row.encode())
    return digest.hexdigest()


def about(cohort: Cohort, dataset: Dataset, size: int) -> dict[str, Any]:
    """What is the same for all images of a cache."""
    stated = {"layout": _LAYOUT, "dataset": dataset.name, "version": dataset.identity, "size": size}
    # Not said of one channel, so that caches from before there was colour stay valid.
    return stated if cohort.spec.channels == 1 else stated | {"channels": cohort.spec.channels}
