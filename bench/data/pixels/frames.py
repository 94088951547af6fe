"""One frame of an image file: how it is named, how large it may be, and how it is brought to its size."""

from __future__ import annotations

import re

import numpy as np
from PIL import Image

from bench.data.pixels.integrity import Undecodable

#: Beyond these a file is taken for a decompression bomb; the largest mammograms have 2·10⁷ pixels and 40 MB.
MAX_PIXELS = 100_000_000
MAX_BYTES = 512 * 2**20

_FRAME = re.compile(r"(.+)#frame=(\d+)", re.DOTALL)


def split_frame(image: str) -> tuple[str, int | None]:
    """A path and the frame that is meant: ``scan.dcm#frame=3`` is the third; a bare path names none."""
    named = _FRAME.fullmatch(image)
    return (named[1], int(named[2])) if named else (image, None)


def frame_index(frames: int, frame: int | None, kind: str) -> int:
    """Place of the frame that is meant, from 0."""
    if frame is None and frames > 1:
        raise Undecodable(f"several frames: {frames} in one {kind} file, and none is named (as in name#frame=1)")
    if frame is not None and not 1 <= frame <= frames:
        raise Undecodable(f"no such frame: {frame} of {frames}")
    return (frame or 1) - 1


def from_unit(values: np.ndarray, size: int) -> np.ndarray:
    """Values in [0, 1], ``(rows, columns)`` or ``(rows, columns, 3)``, as the image of a size, ``uint8``."""
    if not np.isfinite(values).all():
        raise Undecodable("corrupt or truncated: grey values that are not finite")
    if values.ndim == 3:
        return np.stack([from_unit(channel, size) for channel in np.moveaxis(values, 2, 0)], axis=2)
    resized = np.asarray(resize(Image.fromarray(255 * np.clip(values, 0, 1)), size))
    return np.asarray(np.rint(resized).astype(np.uint8))


def resize(image: Image.Image, size: int) -> Image.Image:
    """Scaled down by averages of areas, up by interpolation."""
    method = Image.Resampling.BOX if min(image.size) >= size else Image.Resampling.BILINEAR
    return image.resize((size, size), method)


def check_extent(width: int, height: int) -> None:
    """Refuse more pixels than any radiograph has."""
    if width * height > MAX_PIXELS:
        raise Undecodable(f"absurdly large: {width:,} x {height:,} pixels")
