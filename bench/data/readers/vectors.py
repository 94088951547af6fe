"""A mapping's file of features, laid beside the rows of its table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.data import vectors
from bench.data.readers.mapping import Features
from bench.data.tables import Rows
from bench.errors import BenchError
from bench.task import VectorFile


def stored(root: Path, features: Features) -> VectorFile:
    """The file that a mapping names."""
    return VectorFile(root / features.file.replace("\\", "/"), features.column)


def in_vectors(rows: Rows, file: VectorFile, order: tuple[int, pd.Series], table: Path) -> tuple[int, pd.Series]:
    """The number of features, and of each row left the names of its vectors, as of files: none where there is none.

    Args:
        rows: of the table; those without a vector are left out.
        file: of the vectors.
        order: how many rows the table began with, and each one's place among them.
        table: for the message.

    Raises:
        BenchError: for a file that cannot be read, or an array of another number of rows.
    """
    names, held = vectors.read(file)
    count, place = order
    if file.column is None:
        if len(names) != count:
            raise BenchError(
                f"{table} has {count:,} rows and {file.path} {len(names):,}: the two must have the same rows in the"
                " same order. Of features in another order make a parquet file with a column that names the images."
            )
        called = pd.Series(names, dtype=object)[place[rows.table.index]].set_axis(rows.table.index)
    else:
        called = rows.table[file.column]
        if called.duplicated().any():
            twice = called[called.duplicated(keep=False)]
            raise BenchError(
                f"{table}, column {file.column!r}, names {twice.nunique():,} images twice, the first in line"
                f" {twice.index[0]}: a row is an image."
            )
        rows.leave_out(~called.isin(names), "features missing")
        if not len(rows.table):
            raise BenchError(
                f"None of the images in column {file.column!r} of {table} is in {file.path}: such as {called.iloc[0]!r}"
                f" there and {names[0]!r} here."
            )
        called = called[rows.table.index]
    return int(held.shape[1]), called.map(lambda name: (str(name),))
