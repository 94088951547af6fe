"""The columns of a reading as a cohort has them: known names, and values that are labels, groups and ages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.data.cohorts import identity
from bench.errors import BenchError, count, listed, suggest
from bench.task import TRUE, Dataset, Task

#: Ages outside are missing-value codes or slips (NIH ChestX-ray14 holds a 414).
_AGES = (0, 120)


def cleaned(
    given: pd.DataFrame,
    task: Task | type[Task],
    dataset: Dataset,
    targets: Sequence[str],
    unknown: Counter[str],
) -> pd.DataFrame:
    """The columns that the task knows, with every value checked; ``study`` and ``age`` are always there.

    A patient recorded with two values of an attribute has it set to unknown, as has an age outside 0-120. Ids that are
    certainly of one person become one (:func:`bench.data.cohorts.identity.unified`).

    Args:
        given: the reader's table.
        task: the task, for its targets, attributes and covariates.
        dataset: where the table comes from, for its name.
        targets: those that have to be there.
        unknown: gets the values set to unknown or made one, by reason.

    Raises:
        BenchError: for a column that is lacking, an image listed twice, a row without image or patient, a true label of
            no target, or a value that is no label, group or age.
    """
    table = _known_columns(given, task, dataset, targets)
    _check_images(table, dataset)
    table["patient"], otherwise = identity.unified(table["patient"])
    if otherwise.any():
        unknown[identity.UNIFIED] += int(otherwise.sum())
    _clean_labels(table, task, dataset)
    _clean_attributes(table, task, dataset, unknown)
    _clean_age(table, dataset, unknown)
    return table


def examples(values: pd.Series, most: int = 5) -> str:
    """The commonest values as they stand, and how many more there are, for a message."""
    distinct = values.value_counts().index.tolist()
    named = ", ".join(repr(value) for value in distinct[:most])
    return named + (f" and {len(distinct) - most} more" if len(distinct) > most else "")


def _known_columns(
    given: pd.DataFrame, task: Task | type[Task], dataset: Dataset, chosen: Sequence[str]
) -> pd.DataFrame:
    for name in ("image", "patient"):
        if name not in given:
            raise BenchError(
                f"The reader of data set {dataset.name!r} gives no column {name!r}, which every row needs."
                f" It gives: {', '.join(map(str, given.columns))}."
            )
    lacking = [name for name in chosen if name not in given]
    if lacking:
        had = [name for name in task.targets if name in given]
        raise BenchError(
            f"Data set {dataset.name!r} has no column for target {listed(lacking)} of task {task.name!r}; "
            + (f"task.targets=[{','.join(had)}] leaves it out." if had else "it has none of the task's targets.")
        )
    if given.empty:
        raise BenchError(f"Data set {dataset.name!r} holds no image that can be used.")
    known = ["image", "patient", "study", *task.targets, *task.attributes, "age", *task.covariates]
    known += [*dataset.drawn_from, *_true_columns(given, task, dataset, known)]
    table = given[[name for name in known if name in given]].reset_index(drop=True)
    # Where nothing says that two images belong together, each is a study of its own.
    table["study"] = table["study"].fillna(table["image"]) if "study" in table else table["image"]
    if "age" not in table:
        table["age"] = np.nan
    return table


def _true_columns(given: pd.DataFrame, task: Task | type[Task], dataset: Dataset, known: Sequence[str]) -> list[str]:
    """The columns of true labels. One of a misspelt target, left out, would leave the scores to the reported labels."""
    columns = [name for name in map(str, given.columns) if name.startswith(TRUE) and name not in known]
    for column in columns:
        target = column.removeprefix(TRUE)
        if target not in task.targets:
            raise BenchError(
                f"Column {column!r} of data set {dataset.name!r} holds the true label of no target of task"
                f" {task.name!r}.{suggest(target, task.targets)}"
            )
        if target not in given:
            raise BenchError(
                f"Data set {dataset.name!r} has a column {column!r} but no {target!r}: its reader has to give the label"
                " as it is reported, too, since that is what networks are trained on."
            )
    return columns


def _check_images(table: pd.DataFrame, dataset: Dataset) -> None:
    for name in ("image", "patient"):
        missing = int(table[name].isna().sum())
        if missing:
            raise BenchError(
                f"{missing:,} of {len(table):,} rows of data set {dataset.name!r} have no {name!r}. Its"
                " reader has to leave them out and count them."
            )
        table[name] = table[name].astype(str)
    twice = table["image"].duplicated(keep=False)
    if twice.any():
        raise BenchError(
            f"Data set {dataset.name!r} lists {table['image'][twice].nunique():,} images more than once"
            f" ({count(table[twice], 'rows')}), the first being {table['image'][twice].iloc[0]!r}. Each"
            " image may have one row: remove the others from its table."
        )


def _clean_labels(table: pd.DataFrame, task: Task | type[Task], dataset: Dataset) -> None:
    for name in (column for target in task.targets for column in (target, f"{TRUE}{target}")):
        if name not in table:
            continue
        values = pd.to_numeric(table[name], errors="coerce").astype(float)
        wrong = table[name].notna() & ~values.isin([0.0, 1.0])
        if wrong.any():
            raise BenchError(
                f"Column {name!r} of data set {dataset.name!r} holds {examples(table[name][wrong])}"
                f" ({count(table[wrong])}). A target is 1, 0 or, where unknown, empty."
            )
        table[name] = values


def _clean_attributes(table: pd.DataFrame, task: Task | type[Task], dataset: Dataset, unknown: Counter[str]) -> None:
    for name, groups in task.attributes.items():
        if name not in table:
            continue
        values = table[name]
        wrong = values.notna() & ~values.isin(groups)
        if wrong.any():
            raise BenchError(
                f"Column {name!r} of data set {dataset.name!r} holds {examples(values[wrong])}"
                f" ({count(table[wrong])}), which is no group of task {task.name!r}: {', '.join(groups)}."
                " Its reader has to map every value to one of them, or to unknown."
            )
        torn = (values.groupby(table["patient"]).transform("nunique") > 1) & values.notna()
        table[name] = values.mask(torn)
        if torn.any():
            unknown[f"{name} set to unknown (two recorded for the patient)"] += int(torn.sum())


def _clean_age(table: pd.DataFrame, dataset: Dataset, unknown: Counter[str]) -> None:
    age = pd.to_numeric(table["age"], errors="coerce").astype(float)
    wrong = table["age"].notna() & age.isna()
    if wrong.any():
        raise BenchError(
            f"Column 'age' of data set {dataset.name!r} holds {examples(table['age'][wrong])}"
            f" ({count(table[wrong])}). An age is a number of years or, where unknown, empty."
        )
    beyond = age.notna() & ~age.between(*_AGES)
    if beyond.any():
        unknown[f"age set to unknown (outside {_AGES[0]}-{_AGES[1]} years)"] += int(beyond.sum())
    table["age"] = age.mask(beyond)
