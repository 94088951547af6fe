"""Which pixels belong to the organ under study, and images with only those pixels, or without them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from bench import records
from bench.data.pixels.decode import decode
from bench.data.pixels.integrity import Undecodable
from bench.files import whole
from bench.reading_race.experiment import Unavailable
from bench.reading_race.study import Pictures, Study
from bench.terminal import Progress

#: Rows given to a phantom at once, as where it renders images.
_AT_ONCE = 32
#: Takes the place of pixels that are not shown: mid-grey, the same for all images.
_FILL = 127
#: A pixel of a mask image belongs to the organ when it is brighter.
_THRESHOLD = 127


@dataclass(frozen=True)
class Masked:
    """Indexed like the image cache: its images, with the organ alone (``inside``) or without it."""

    pixels: np.ndarray
    masks: np.ndarray
    inside: bool

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """The images at these rows, ``(n, H, W) uint8`` or ``(n, H, W, C)``, mid-grey where nothing is shown."""
        images = self.pixels[rows]
        shown = self.masks[rows] == self.inside
        return np.where(shown[..., None] if images.ndim == 4 else shown, images, np.uint8(_FILL))


def pictures(study: Study, inside: bool) -> tuple[Pictures, list[str]]:
    """Images with the organ alone or without it; images without a mask are left out, which a note counts.

    Raises:
        Unavailable: when there are no masks.
    """
    masks, identity = organ(study)
    there = masks[study.cohort.rows].any(axis=(1, 2))
    if not there.any():
        raise Unavailable(f"{study.masks} holds a mask of none of the images")
    lacking = int((~there).sum())
    notes = [f"{lacking:,} images without a mask are left out"] if lacking else []
    # CohortImages asks nothing of its pixels but to be indexed by rows.
    pixels = cast(np.ndarray, Masked(study.images.pixels, masks, inside))
    return Pictures(study.cohort, pixels, records.identity([identity, inside])).take(there), notes


def organ(study: Study) -> tuple[np.ndarray, str]:
    """Masks of the whole image cache ``(rows, H, W) bool``, made once and kept beside the networks, and their hash.

    From the data set's own ``organ`` where it draws its images, else from the folder of masks: a PNG an image, under
    the image's own path. An image without one has an empty mask.

    Raises:
        Unavailable: when there is neither.
    """
    identity = fingerprint(study)
    folder = study.folder / "masks"
    path = folder / f"{identity}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        table, size = study.run.cohort.table, study.size
        with whole(path) as partial, Progress("masks", len(table)) as progress:
            masks = np.lib.format.open_memmap(partial, mode="w+", dtype=bool, shape=(len(table), size, size))
            for start in range(0, len(table), _AT_ONCE):
                masks[start : start + _AT_ONCE] = _of(study, start)
                progress.advance(len(table.iloc[start : start + _AT_ONCE]))
            masks.flush()
    return np.load(path, mmap_mode="r", allow_pickle=False), identity


def fingerprint(study: Study) -> str:
    """Hash of what determines the masks.

    Raises:
        Unavailable: when there are none.
    """
    if study.masks is not None:
        files = [_file(study.masks, image) for image in study.run.cohort.table["image"]]
        stats = [(file.stat().st_size, file.stat().st_mtime_ns) if file.exists() else None for file in files]
        return records.identity([study.run.images_fingerprint, stats])
    if study.run.dataset.organ is None:
        raise Unavailable("the data set has no masks of the organ; masks=folder names one PNG an image")
    return records.identity([study.run.images_fingerprint, "drawn"])


def _of(study: Study, start: int) -> np.ndarray:
    rows, size = study.run.cohort.table.iloc[start : start + _AT_ONCE], study.size
    if study.masks is None:
        assert study.run.dataset.organ is not None
        return study.run.dataset.organ(rows, size, study.run.chosen.options)
    return np.stack([_decoded(_file(study.masks, image), size) for image in rows["image"]])


def _decoded(file: Path, size: int) -> np.ndarray:
    if not file.exists():
        return np.zeros((size, size), dtype=bool)
    try:
        return decode(file, size) > _THRESHOLD
    except Undecodable as error:
        raise Unavailable(f"the mask {file} cannot be read: {error.reason}") from error


def _file(masks: Path, image: str) -> Path:
    return masks / (os.path.splitext(image)[0] + ".png")
