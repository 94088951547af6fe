"""Images that are stored as vectors: features as a foundation model gives them, in a file beside the table."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.cohorts import identity
from bench.data.pixels.cache import Images
from bench.errors import BenchError, listed, suggest
from bench.files import contents
from bench.task import Cohort, VectorFile

ENDINGS = (".npy", ".parquet")
#: Raised when the same file would give other vectors.
_VERSION = 1
_NOT_FINITE = "a number of its vector is not finite"


def read(file: VectorFile) -> tuple[list[str], np.ndarray]:
    """The images' names and their vectors ``(N, D)``, in the order of the file.

    Raises:
        BenchError: for a file that is not there, is none of vectors, or in which an image has none or two.
    """
    path = file.path
    if not path.is_file():
        raise BenchError(
            f"There is no file {path} of features. It takes an array (N, D) saved by numpy.save, or parquet."
        )
    if path.suffix == ".npy":
        vectors = _array(path)
        digits = len(str(len(vectors) - 1))  # nameless, images are called by their numbers
        return [f"{row:0{digits}d}" for row in range(len(vectors))], vectors
    if path.suffix == ".parquet":
        return _frame(file)
    raise BenchError(f"Features are read from {' and '.join(ENDINGS)}; {path} is neither.")


def open_vectors(cohort: Cohort, file: VectorFile) -> Images:
    """The vectors of a whole cohort in its order, as :class:`bench.data.pixels.cache.Images` holds pixels.

    Images whose vector is not finite are rejected; of equal vectors every one after the first is repeated.

    Raises:
        BenchError: as :func:`read`, and for an image of the cohort that is not in the file.
    """
    found, vectors = read(file)
    place = pd.Series(np.arange(len(found)), index=found)
    images = cohort.table["image"]
    absent = images[~images.isin(place.index)]
    if len(absent):
        raise BenchError(
            f"{file.path} holds no features of {len(absent):,} images, the first of them {absent.iloc[0]!r}."
        )
    chosen = np.ascontiguousarray(vectors[place[images].to_numpy()], dtype=np.float32)
    broken = ~np.isfinite(chosen).all(axis=1)
    chosen[broken] = 0
    again = identity.same_pixels(chosen)
    named = images.to_numpy()
    return Images(
        chosen,
        tuple((str(image), _NOT_FINITE) for image in named[broken]),
        fingerprint(cohort, file),
        file.path.parent,
        {str(named[row]): str(named[first]) for row, first in again.items()},
    )


def fingerprint(cohort: Cohort, file: VectorFile) -> str:
    """SHA-256 of all that determines the vectors of a cohort: the file's contents, and which images it has."""
    digest = hashlib.sha256(f"{_VERSION} {contents(file.path, 'features')} {file.column}\n".encode())
    digest.update("\n".join(cohort.table["image"]).encode())
    return digest.hexdigest()


def _array(path: Path) -> np.ndarray:
    try:
        # Never unpickled, since that could run code.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BenchError(f"{path} is not an array of numbers saved by numpy.save ({error}).") from error
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind not in "fiu" or 0 in array.shape:
        what = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else "an archive"
        raise BenchError(f"{path} holds {what}; features are numbers (N, D), a row an image.")
    return array


def _frame(file: VectorFile) -> tuple[list[str], np.ndarray]:
    try:
        frame = pd.read_parquet(file.path)
    except Exception as error:  # a foreign file can fail in any way
        raise BenchError(f"{file.path} cannot be read as parquet ({' '.join(str(error).split())[:200]}).") from error
    if file.column is None or file.column not in frame:
        near = suggest(str(file.column), map(str, frame.columns))
        raise BenchError(f"{file.path} has no column {file.column!r} that names the images.{near}")
    found = frame.pop(file.column).astype(str)
    twice = found[found.duplicated()]
    if len(twice):
        raise BenchError(f"{file.path} holds {len(twice):,} images twice, the first of them {twice.iloc[0]!r}.")
    lists = [name for name in frame if frame[name].map(lambda value: isinstance(value, np.ndarray | list)).all()]
    if len(lists) == 1:
        lengths = frame[lists[0]].map(len)
        if lengths.nunique() != 1:
            raise BenchError(
                f"{file.path}, column {lists[0]!r}: vectors are of {listed(sorted(map(str, set(lengths))))} numbers."
            )
        return list(found), np.stack([np.asarray(value, dtype=np.float32) for value in frame[lists[0]]])
    numbers = frame.select_dtypes("number")
    if numbers.shape[1] == 0:
        raise BenchError(f"{file.path} holds no numbers beside the column {file.column!r}, and no list of them.")
    if other := [str(name) for name in frame if name not in numbers]:
        raise BenchError(
            f"{file.path} holds columns that are no numbers: {listed(other[:4])}. It is to hold the images' names and"
            " their features alone."
        )
    return list(found), numbers.to_numpy(dtype=np.float32)
