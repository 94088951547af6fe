"""Where pixels come from: files below a folder, or a phantom. All that differs between the two stands here.

A worker process for files imports this and a decoder, no pandas and no task, so that it starts quickly.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from bench.data.pixels import contents
from bench.data.pixels.decode import DECODER_VERSION, Examined, decode, examine
from bench.data.pixels.done import Done
from bench.data.pixels.frames import split_frame
from bench.data.pixels.integrity import Undecodable
from bench.errors import BenchError

if TYPE_CHECKING:
    import pandas as pd

    from bench.task import Phantom

#: Rows given to a phantom at once: enough to draw them together, few enough to stay small at any image size.
_RENDERED_AT_ONCE = 32

#: A row that gave no image (counted from the first of those asked for, or of the cache), and why.
Rejected = list[tuple[int, str]]

#: The pixels of one image: ``(size, size)``, or ``(size, size, 3)`` in colour.
Shape = tuple[int, ...]


def shape(size: int, channels: int) -> Shape:
    """What one image's pixels are laid out as."""
    return (size, size) if channels == 1 else (size, size, channels)


class Source(Protocol):
    """What gives the pixels of a data set's rows."""

    @property
    def code(self) -> tuple[Callable[..., Any], ...]:
        """The functions and classes that a worker process has to find by their names."""

    def rows(self, table: pd.DataFrame) -> Any:
        """What a worker needs to know of these rows, for :meth:`pixels`."""

    def pixels(self, rows: Any, shape: Shape) -> tuple[np.ndarray, Rejected]:
        """The images ``(N, *shape) uint8``, zeros where a row gave none.

        Raises:
            BenchError: when a phantom raises, or returns anything else.
        """

    def examined(self, rows: Any, shape: Shape) -> list[Examined | str]:
        """The images one by one with what was done to them, or the reason why a row gave none.

        Raises:
            BenchError: when a phantom raises, or returns anything else.
        """

    def absent(self, table: pd.DataFrame) -> Rejected:
        """The rows of which is known, without reading any, that they give no image."""

    def about(self) -> dict[str, Any]:
        """What determines the pixels of all rows, beside the data set's identity."""

    def of_each(self, table: pd.DataFrame) -> Iterator[str]:
        """What determines the pixels of each row, found without decoding any."""

    def repeated(self, table: pd.DataFrame) -> dict[str, str]:
        """The images that are known, without decoding any, to be another before them: the first, by image."""


@dataclass(frozen=True)
class Files:
    """Images in files below a folder."""

    root: Path

    @property
    def code(self) -> tuple[Callable[..., Any], ...]:
        """None: decoding is found by the framework itself."""
        return ()

    def rows(self, table: pd.DataFrame) -> Sequence[str]:
        """The paths."""
        return list(table["image"])

    def pixels(self, rows: Sequence[str], shape: Shape) -> tuple[np.ndarray, Rejected]:
        """The images, decoded; one that cannot be is rejected."""
        pixels = np.zeros((len(rows), *shape), dtype=np.uint8)
        rejected = []
        for row, image in enumerate(rows):
            path, frame = split_frame(image)
            try:
                pixels[row] = decode(self.root / path, shape[0], 3 if len(shape) == 3 else 1, frame)
            except Undecodable as error:
                rejected.append((row, error.reason))
        return pixels, rejected

    def examined(self, rows: Sequence[str], shape: Shape) -> list[Examined | str]:
        """The images, decoded, or the reason why one cannot be."""
        found: list[Examined | str] = []
        for image in rows:
            path, frame = split_frame(image)
            try:
                found.append(examine(self.root / path, shape[0], 3 if len(shape) == 3 else 1, frame))
            except Undecodable as error:
                found.append(error.reason)
        return found

    def absent(self, table: pd.DataFrame) -> Rejected:
        """Rows whose file is not there or empty."""
        absent = []
        for row, image in enumerate(table["image"]):
            try:
                if os.stat(self.root / split_frame(image)[0]).st_size == 0:
                    absent.append((row, "empty file"))
            except OSError as error:
                absent.append((row, str(error.strerror)))
        return absent

    def about(self) -> dict[str, Any]:
        """The decoder's version."""
        return {"decoder": DECODER_VERSION}

    def of_each(self, table: pd.DataFrame) -> Iterator[str]:
        """Each file's path, length, time of last change (in nanoseconds) and a sample of its content.

        So files replaced by others are noticed, of the same length and time as well: archives and synchronised copies
        keep the times, or set all to one. Of a set of more than 16,384 files some are sampled. A copy that does not
        keep the times is decoded again.
        """
        above = os.path.join(self.root, "")  # joining paths takes longer than asking the disk
        paths = [split_frame(image)[0] for image in table["image"]]
        read = contents.to_read(paths)
        for image, path in zip(table["image"], paths, strict=True):
            try:
                stat = os.stat(above + path)
                content = contents.sampled_once(above + path, stat) if path in read else ""
                yield f"{image}\0{stat.st_size}\0{stat.st_mtime_ns}\0{content}\n"
            except OSError as error:
                yield f"{image}\0{error.strerror}\n"

    def repeated(self, table: pd.DataFrame) -> dict[str, str]:
        """Images in files that are the same to the byte."""
        frames: dict[int | None, list[tuple[str, int]]] = {}
        for image in table["image"]:
            path, frame = split_frame(image)
            with suppress(OSError):
                frames.setdefault(frame, []).append((path, os.stat(self.root / path).st_size))
        found: dict[str, str] = {}
        for frame, files in frames.items():
            ending = "" if frame is None else f"#frame={frame}"
            same = contents.same_files([(str(self.root / path), size) for path, size in files])
            named = {str(self.root / path): path for path, _ in files}
            found |= {named[path] + ending: named[first] + ending for path, first in same.items()}
        return found


@dataclass(frozen=True)
class Rendered:
    """Images that a phantom draws."""

    phantom: Phantom
    options: Any

    @property
    def code(self) -> tuple[Callable[..., Any], ...]:
        """All that the phantom is made of."""
        return (*self.phantom.code, type(self.options))

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Everything."""
        return table

    def pixels(self, rows: pd.DataFrame, shape: Shape) -> tuple[np.ndarray, Rejected]:
        """The images, rendered; none is rejected."""
        parts = [rows.iloc[at : at + _RENDERED_AT_ONCE] for at in range(0, len(rows), _RENDERED_AT_ONCE)]
        return np.concatenate([self._part(part, shape) for part in parts]), []

    def examined(self, rows: pd.DataFrame, shape: Shape) -> list[Examined | str]:
        """The images, rendered: as they are to be."""
        pixels, _ = self.pixels(rows, shape)
        return [Examined(image, (Done.FLAT,) if image.min() == image.max() else ()) for image in pixels]

    def absent(self, table: pd.DataFrame) -> Rejected:
        """None."""
        return []

    def about(self) -> dict[str, Any]:
        """The options."""
        return {"options": self.options.model_dump(mode="json")}

    def repeated(self, table: pd.DataFrame) -> dict[str, str]:
        """None: each patient is drawn anew."""
        return {}

    def of_each(self, table: pd.DataFrame) -> Iterator[str]:
        """Every cell but the split, which nothing is drawn from."""
        yield table.drop(columns="split").to_csv(index=False, float_format="%.9g")

    def _part(self, rows: pd.DataFrame, shape: Shape) -> np.ndarray:
        try:
            pixels = self.phantom.render(rows, shape[0], self.options)
        except BenchError:
            raise
        except Exception as error:
            raise BenchError(
                f"Data set {self.phantom.name!r} failed to render image {rows['image'].iloc[0]!r} or one of the"
                f" {len(rows) - 1} after it: {type(error).__name__}: {error}."
            ) from error
        expected, got = (len(rows), *shape), (np.shape(pixels), getattr(pixels, "dtype", type(pixels).__name__))
        if got != (expected, np.uint8):
            raise BenchError(
                f"The render function of data set {self.phantom.name!r} must return {expected} uint8 for"
                f" {len(rows)} rows; it returned {got[0]} {got[1]}."
            )
        return pixels
