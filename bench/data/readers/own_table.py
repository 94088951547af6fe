"""Anyone's own images: a table, and a small YAML file that says what its columns and their values mean.

Every task offers this as a data set of the name of its file, three lines long: ``DATASET = own_table.dataset(MyTask)``.
The format is described in docs/own_data.md.
"""

from __future__ import annotations

from collections.abc import Mapping as Words
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.data.readers.faults import Faults
from bench.data.readers.images import located
from bench.data.readers.loading import checked, load, number
from bench.data.readers.mapping import Column, Covariate, Grouping, Mapping, Target
from bench.data.readers.sources import Sources
from bench.data.readers.vectors import in_vectors, stored
from bench.data.tables import Rows, map_values
from bench.errors import BenchError
from bench.task import SPLITS, Dataset, Options, Reading, Task, VectorFile, require_root

#: So many different numbers may be codes without a word.
_MOST_CODES = 20
_REMEDY = "Every value needs a place in the mapping; what says nothing belongs under unknown, blank cells as ''."
_AGE_REMEDY = (
    "Years are numbers. Words are given theirs under values ('90+': 90); once a number is listed there, all are codes"
    " and need a place. What says nothing belongs under unknown, blank cells as ''."
)


class OwnOptions(Options):
    """What can be set on a table of one's own."""

    #: The mapping: below the root or, failing that, below the working directory.
    mapping: Path = Path("mapping.yaml")


def dataset(task: type[Task], name: str = "csv") -> Dataset:
    """The data set that reads anyone's own table for this task."""

    def read(root: Path | None, options: OwnOptions) -> Reading:
        root = require_root(root, name)
        return _read(root, _find(root, options.mapping.expanduser()), task)

    def vectors(root: Path | None, options: OwnOptions) -> VectorFile | None:
        root = require_root(root, name)
        mapping = load(_find(root, options.mapping.expanduser()), task)
        return stored(root, mapping.features) if mapping.features else None

    return Dataset(
        name=name,
        summary="a table of your own (CSV or XLSX) and a mapping of its columns: task.root=… task.mapping=mapping.yaml",
        read=read,
        options=OwnOptions,
        vectors=vectors,
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
            " table is what: bench data map table.csv drafts it, and docs/own_data.md shows a whole one."
        )
    return found.pop()


def _read(root: Path, file: Path, task: type[Task]) -> Reading:
    """The rows of the table whose image is there, with every value as the mapping reads it.

    Counted and left out are rows that repeat another to the letter, rows without an image or patient, and images that
    are not on disk. Everything else that the mapping does not cover is refused, all of it at once.
    """
    faults = Faults()
    mapping = checked(file, task, faults)
    sources = Sources.read(root, file, mapping, faults)
    rows = Rows(sources.images)
    order = len(rows.table), pd.Series(range(len(rows.table)), index=rows.table.index)
    if mapping.image_column:  # rows that go by their order are no repetitions
        rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing([name for name in (mapping.image_column, mapping.patient) if name], "image or patient")
    files: pd.Series | None = None
    width: int | None = None
    with faults.noted():
        if mapping.image:
            where = f"Column {mapping.image.column!r} of {sources.file}"
            paths, files = located(root, rows.table[mapping.image.column], mapping.image, where)
            there = files.map(bool).astype(bool)
            remedy = "Images are looked for below task.root; image.path in the mapping says how."
            rows.leave_out_absent(there, paths, root, remedy)
        elif mapping.features:
            width, files = in_vectors(rows, stored(root, mapping.features), order, sources.file)
    columns = _columns(rows, sources, mapping, task, faults)
    faults.refuse()
    assert files is not None  # else there was a fault

    table = rows.table
    columns = {"patient": table[mapping.patient], **columns}
    if mapping.study:
        columns["study"] = table[mapping.study]
    rows.repeat(files[table.index].map(len))
    reading = rows.reading(columns)
    reading.table.insert(0, "image", [path for several in files[table.index] for path in several])
    own = sorted(set(mapping.targets) - set(task.targets))
    groups = {name: mapping.groups(name, task) for name in (*task.attributes, *mapping.own_attributes)}
    return replace(
        reading,
        vectors=width,
        targets=(*(name for name in task.targets if name in mapping.targets), *own),
        attributes=groups,
        covariates=(*task.covariates, *(name for name in mapping.covariates if name not in task.covariates)),
    )


def _columns(rows: Rows, sources: Sources, mapping: Mapping, task: type[Task], faults: Faults) -> dict[str, pd.Series]:
    """The columns of targets, attributes, age, covariates and split, as far as nothing is wrong with them."""
    columns: dict[str, pd.Series] = {}
    for name, part in mapping.parts():
        words = sources.words(part, rows.table)
        if words is None:  # its column is lacking, which is said
            continue
        where = f"Column {part.column!r} of {sources.file_of(part)}"
        with faults.noted():
            values = _values(words, name, part, mapping, task, where)
            columns[name], absent = sources.by_row(values, part, rows.table)
            rows.note(absent, f"{name} set to unknown (patient not in the table of patients)")
    return columns


def _values(
    words: pd.Series, name: str, part: Column | Target, mapping: Mapping, task: type[Task], where: str
) -> pd.Series:
    """A column as the mapping reads it."""
    if isinstance(part, Target):
        return _mapped(words, part.meaning(), part.unknown, where).astype(float)
    if isinstance(part, Grouping):
        groups = part.values or {group: group for group in mapping.groups(name, task)}
        return _mapped(words, groups, part.unknown, where)
    if part is mapping.age:
        return _age(words, part, where)
    if part is mapping.split:
        return _mapped(words, part.values or {split: split for split in SPLITS}, part.unknown, where)
    if part.values:
        return _mapped(words, part.values, part.unknown, where)
    assert isinstance(part, Covariate)
    return _covariate(words.mask(words.isin(part.unknown)), part, where)


def _covariate(words: pd.Series, covariate: Covariate, where: str) -> pd.Series:
    """A covariate as it stands, or as numbers where it is said to be of numbers."""
    numbers = pd.to_numeric(words, errors="coerce").astype(float).where(words.notna())
    wrong = words.notna() & ~np.isfinite(numbers)
    if covariate.number:
        if wrong.any():
            first = words[wrong].iloc[0]
            raise BenchError(
                f"{where} is to be of numbers, and {int(wrong.sum()):,} rows hold none, the first {first!r} in line"
                f" {wrong.idxmax()}. What says nothing belongs under unknown."
            )
        return numbers
    if covariate.number is None and not wrong.any() and words.nunique() > _MOST_CODES:
        raise BenchError(
            f"{where} holds {words.nunique():,} different numbers. Say number: true where they measure something, or"
            " number: false where they are codes."
        )
    return words


def _mapped(
    words: pd.Series, meaning: Words[str, Any], unknown: list[str], where: str, remedy: str = _REMEDY
) -> pd.Series:
    """Each word by its meaning; blanks are a word like others, which has to be covered."""
    return map_values(words.fillna(""), meaning, unknown, where, remedy, lines=True)


def _age(words: pd.Series, age: Column, where: str) -> pd.Series:
    """Ages in years: words by what they are given, and numbers for themselves unless numbers are listed as codes."""
    given = {word: number(years) for word, years in (age.values or {}).items()}
    meaning: dict[str, float] = dict(given)
    if not any(np.isfinite(number(word)) for word in given):
        years = pd.to_numeric(pd.Series(words.dropna().unique(), dtype=object), errors="coerce").astype(float)
        plain = zip(words.dropna().unique(), years, strict=True)
        meaning |= {word: year for word, year in plain if np.isfinite(year) and word not in age.unknown}
    return _mapped(words, meaning, age.unknown, where, _AGE_REMEDY).astype(float)
