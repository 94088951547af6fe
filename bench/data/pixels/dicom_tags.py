"""What a DICOM header says of a patient where a data set has no table of it: only the tags asked for, never pixels."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.pixels.dicom import quietly
from bench.terminal import Progress

#: What a reader may ask for. No name, id or date among them.
TAGS = ("Manufacturer", "ManufacturerModelName", "PatientAge", "PatientSex", "ViewPosition")
#: Headers are small and lie far apart, on disks that are often remote: reading waits more than it computes.
_THREADS = 8
_MANY = 500


def read_tags(root: Path, images: pd.Series, tags: Sequence[str]) -> pd.DataFrame:
    """The values of a few tags of each image's header, as stripped text, NaN where absent or not to be read.

    A file that is no DICOM file is all NaN; whether its pixels can be read is for the decoder to say. Progress is shown
    from 500 files on.

    Args:
        root: the data set's folder.
        images: paths below it, ``(N,)``.
        tags: keywords out of :data:`TAGS`.

    Returns:
        A column a tag, with the index of ``images``.

    Raises:
        ValueError: for a tag that is not among those a reader may ask for.
    """
    refused = sorted(set(tags) - set(TAGS))
    if refused:
        raise ValueError(f"a reader may not ask for the DICOM tag {refused[0]}, only for {', '.join(TAGS)}")
    rows: list[list[str | float]] = []
    with quietly(), ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda image: _header(root / image, tags), images)
        if len(images) < _MANY:
            rows = list(found)
        else:
            with Progress("DICOM headers", len(images)) as progress:
                for row in found:
                    rows.append(row)
                    progress.advance(1)
    return pd.DataFrame(rows, columns=list(tags), index=images.index, dtype=object)


def _header(file: Path, tags: Sequence[str]) -> list[str | float]:
    import pydicom

    try:
        header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(tags))
        return [str(header.get(tag) or "").strip() or np.nan for tag in tags]
    except Exception:  # broken files make pydicom raise all there is
        return [np.nan] * len(tags)
