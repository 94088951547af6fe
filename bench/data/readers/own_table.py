"""Anyone's own images: a table, and a small YAML file that says what its columns and their values mean.

Every task offers this as a data set of the name of its file, three lines long: ``DATASET = own_table.dataset(MyTask)``.
The format is described in docs/own_data.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from bench.data.readers.mapping import Column, Image, load
from bench.data.tables import Rows, map_values, read_table
from bench.errors import BenchError
from bench.task import SPLITS, Dataset, Options, Reading, Task, require_root


class OwnOptions(Options):
    """What can be set on a table of one's own."""

    #: The mapping: below the root or, failing that, below the working directory.
    mapping: Path = Path("mapping.yaml")


def dataset(task: type[Task], name: str = "csv") -> Dataset:
    """The data set that reads anyone's own table for this task."""

    def read(root: Path | None, options: OwnOptions) -> Reading:
        root = require_root(root, name)
        return _read(root, _find(root, options.mapping.expanduser()), task)

    return Dataset(
        name=name,
        summary="a table of your own (CSV or XLSX) and a mapping of its columns: task.root=… task.mapping=mapping.yaml",
        read=read,
        options=OwnOptions,
    )


def _find(root: Path, mapping: Path) -> Path:
    found = {path.resolve() for path in (root / mapping, mapping) if path.is_file()}
    if len(found) > 1:
        raise BenchError(
            f"task.mapping={mapping} is in {root} and in the working directory as well. Give the path of the one meant."
        )
    if not found:
        raise BenchError(
            f"task.mapping={mapping} is neither in {root} nor in the working directory. It says which column of your"
            " table is what; docs/own_data.md shows a whole one."
        )
    return found.pop()


def _read(root: Path, file: Path, task: type[Task]) -> Reading:
    """The rows of the table whose image is there, with every value as the mapping reads it.

    Counted and left out are rows that repeat another to the letter, rows without an image or patient, and images that
    are not on disk. Everything else that the mapping does not cover is refused.
    """
    mapping = load(file, task)
    source = root / mapping.table
    if not source.is_file():
        raise BenchError(f"{file} names the table {mapping.table!r}, and there is no {source}.")
    rows = Rows(read_table(source, dict.fromkeys(mapping.columns())))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing([mapping.image.column, mapping.patient], "image or patient")
    paths = _paths(rows.table[mapping.image.column], mapping.image, source)
    rows.leave_out_files(root, paths, "Images are looked for below task.root; image.path in the mapping says how.")

    table = rows.table
    columns: dict[str, Any] = {"image": paths[table.index], "patient": table[mapping.patient]}
    if mapping.study:
        columns["study"] = table[mapping.study]
    for name, target in mapping.targets.items():
        columns[name] = _values(table, target.column, target.meaning(), target.unknown, source).astype(float)
    for name, attribute in mapping.attributes.items():
        groups = attribute.values or {group: group for group in task.attributes[name]}
        columns[name] = _values(table, attribute.column, groups, attribute.unknown, source)
    if mapping.age:
        columns["age"] = _age(table, mapping.age, source)
    for name, covariate in mapping.covariates.items():
        columns[name] = _covariate(table, covariate, source)
    if mapping.split:
        parts = mapping.split.values or {part: part for part in SPLITS}
        columns["split"] = _values(table, mapping.split.column, parts, mapping.split.unknown, source)
    return rows.reading(columns)


def _paths(names: pd.Series, image: Image, source: Path) -> pd.Series:
    """Each image's path below the root."""
    paths = names.map(lambda name: PurePosixPath(image.path.replace("{}", name)).as_posix())
    outside = paths.str.startswith("/") | paths.str.split("/").map(lambda parts: ".." in parts)
    if outside.any():
        raise BenchError(
            f"Column {image.column!r} of {source} leads to {paths[outside].iloc[0]!r}. Images lie below task.root, and"
            " their paths are written from there: shorten them in the table, or take a folder above them as task.root."
        )
    return paths


def _values(
    table: pd.DataFrame, column: str, meaning: Mapping[str, Any], unknown: list[str], source: Path
) -> pd.Series:
    """A column as the mapping reads it; blanks are a value like others, which has to be covered."""
    remedy = "Every value needs a place in the mapping; what says nothing belongs under unknown, blank cells as ''."
    return map_values(table[column].fillna(""), meaning, unknown, f"Column {column!r} of {source}", remedy)


def _age(table: pd.DataFrame, age: Column, source: Path) -> pd.Series:
    years = pd.to_numeric(table[age.column], errors="coerce").astype(float)
    words = table[age.column].fillna("")
    # Numbers stand for themselves, unless they are listed as unknown ("999").
    numbers = {word: year for word, year in zip(words, years, strict=True) if np.isfinite(year)}
    silent = dict.fromkeys(age.unknown, np.nan)
    return _values(table, age.column, {**numbers, **silent}, age.unknown, source).astype(float)


def _covariate(table: pd.DataFrame, covariate: Column, source: Path) -> pd.Series:
    """As mapped where values are given; else as it stands, without what is listed as unknown."""
    if covariate.values:
        return _values(table, covariate.column, covariate.values, covariate.unknown, source)
    words = table[covariate.column]
    return words.mask(words.isin(covariate.unknown))
