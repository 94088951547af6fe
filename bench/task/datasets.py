"""The two kinds of data set: one whose images lie in files, and a phantom, which draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from bench.errors import BenchError
from bench.task import identity
from bench.task.task import Options

#: Share of a data set's images that may be unreadable before a run is stopped, unless a user says otherwise.
MAX_UNREADABLE = 0.05

#: Makes the twins of a table's rows: with the protected attribute set to a group, or shown by nothing for None.
Twin = Callable[[pd.DataFrame, str | None], pd.DataFrame]
#: Draws something of rows at a size, by the data set's options.
Draw = Callable[[pd.DataFrame, int, Any], np.ndarray]

#: Rows of a phantom's probe that are drawn, and their side in pixels.
_PROBE_ROWS, _PROBE_SIZE = 3, 32


@dataclass(frozen=True)
class VectorFile:
    """A file of features in the place of images: an array whose rows are a table's, or parquet with named rows.

    ``column`` of a parquet file names the images.
    """

    path: Path
    column: str | None = None


@dataclass(frozen=True)
class Reading:
    """What a reader found in a folder.

    ``table`` has one row an image with the columns ``image`` (unique; for files, the path below the root; followed by
    ``#frame=3``, the third image of a DICOM or TIFF file that holds several), ``patient``, ``study``, one column a
    target (1, 0, NaN for unknown), the attributes (NaN for unknown), ``age`` in years, the covariates and, where the
    data set has an official one, ``split``. A data set that knows the truth behind its labels gives it as
    ``true_<target>`` beside them (1, 0, NaN for unknown): networks are trained and tuned on what is reported and tested
    on what is true. ``excluded`` counts the rows left out, by reason, and nothing else; ``unknown`` counts values that
    the reader set to unknown in rows that stay, by reason. ``rows`` is how many rows the data set's own table has,
    one an image: those of ``table`` and those left out. A reader that states it is held to it. ``missing`` names the
    first few images that the data set's table lists and that are not on disk. ``targets``, ``attributes`` (groups
    by attribute) and ``covariates`` are declared by a data set that has others than its task, whose place they take;
    None: the task's. ``vectors`` is the number of features where images are stored as vectors.
    """

    table: pd.DataFrame
    excluded: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    rows: int | None = None
    missing: tuple[str, ...] = ()
    targets: tuple[str, ...] | None = None
    attributes: Mapping[str, tuple[str, ...]] | None = None
    covariates: tuple[str, ...] | None = None
    vectors: int | None = None


@dataclass(frozen=True)
class Dataset:
    """One data set of a task: a function from a folder to a table whose ``image`` names files below the folder.

    ``read(root, options)`` decodes nothing and splits nothing. ``targets`` are those of the task's targets that the
    data set has, and its default for ``task.targets``; None: all. ``groups`` is its default for ``task.groups``, by
    protected attribute, where it has too few patients of some to be read; of other attributes all are taken.
    ``version`` is raised whenever the same rows would give other pixels or labels.

    ``vectors(root, options)`` names the file of features of a data set whose images are stored as vectors, and
    is None or gives None for one of pixels.

    A :class:`Phantom` is the other kind of data set.
    """

    name: str
    summary: str
    read: Callable[[Path | None, Any], Reading]
    options: type[Options] = Options
    targets: tuple[str, ...] | None = None
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    version: int = 1
    synthetic: bool = False
    source: str = ""
    licence: str = ""
    vectors: Callable[[Path | None, Any], VectorFile | None] | None = None

    #: Whether its images are drawn, and lie in no file.
    rendered: ClassVar[bool] = False

    @property
    def identity(self) -> int | str:
        """What of the data set, beside its files, rows and options, determines the pixels."""
        return self.version

    @property
    def drawn_from(self) -> tuple[str, ...]:
        """The columns that pixels are made from, beside those that the task knows."""
        return ()

    @property
    def twin(self) -> Twin | None:
        """Makes counterfactual twins; None where nobody can."""
        return None

    @property
    def organ(self) -> Draw | None:
        """Draws masks of the organ under study; None where nobody can."""
        return None


@dataclass(frozen=True, kw_only=True)
class Phantom(Dataset):
    """A data set whose images lie in no file: they are drawn from the rows of its table.

    ``render(table, size, options)`` gives the pixels ``(N, H, W) uint8`` of any rows, ``(N, H, W, 3)`` for a task of
    three channels. ``drawn_from`` names the columns that it needs beside those that the task knows.

    ``twin(table, group)`` gives the same rows with the attribute that the task protects set to ``group``; for None,
    with all that it does to the pixels absent. Rendered, they are the counterfactual twins of these images: everything
    else is as it was, the noise included, so the twin of an image's own group is the image itself. ``organ(table, size,
    options)`` gives masks ``(N, H, W) bool`` of the organ under study (the lungs of a chest).

    ``version`` is for people: it is raised with every phantom that looks or behaves otherwise. What programs compare is
    :attr:`identity`, which follows the code by itself. ``probe`` are options of a cohort of few patients, the first of
    which are drawn for it; None: the code alone says which phantom it is.
    """

    synthetic: bool = True
    render: Draw
    twin: Twin | None = None
    organ: Draw | None = None
    drawn_from: tuple[str, ...] = ()
    probe: Options | None = None

    rendered: ClassVar[bool] = True

    @property
    def code(self) -> tuple[Callable[..., Any], ...]:
        """The functions and the options that it is made of: where they stand is where its pixels come from."""
        return tuple(part for part in (self.read, self.render, self.twin, self.organ, self.options) if part)

    @cached_property
    def identity(self) -> str:
        """SHA-256 of all that determines the pixels of a row: the code that draws them, and a few that it drew.

        The code is every file of the phantom's own package, and of ``bench.phantom``, that drawing rests on. What it
        drew tells of the libraries below: averaged and coarsely rounded, since processors differ in the last digit.
        """
        return identity.digest([str(self.version), *identity.sources(self.code), *self._probed()])

    def _probed(self) -> list[str]:
        if self.probe is None:
            return []
        rows = self.read(None, self.probe).table.iloc[:_PROBE_ROWS]
        return [identity.coarse(self.render(rows, _PROBE_SIZE, self.probe))]


def require_root(root: Path | None, dataset: str) -> Path:
    """The folder of a data set that lies in files.

    Raises:
        BenchError: when no root was given or there is no such folder.
    """
    if root is None:
        raise BenchError(f"Data set {dataset!r} lies in files of yours: say where with task.root=/path/to/{dataset}.")
    if not root.is_dir():
        raise BenchError(f"task.root={root} is not a folder. Data set {dataset!r} is read from there.")
    return root
