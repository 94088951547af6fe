"""From what a reader found to a Cohort: known columns, checked values, every patient in one split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from bench.data.cohorts import checks as scorable
from bench.data.cohorts import identity, splits
from bench.data.cohorts.columns import cleaned, examples
from bench.errors import BenchError, count, listed, suggest
from bench.task import SPLITS, Cohort, Dataset, Reading, Task, TaskSpec


def build(
    reading: Reading,
    task: Task | type[Task],
    dataset: Dataset,
    *,
    protected: str | None = None,
    groups: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    split: Literal["hash", "official"] = "hash",
    image_size: int,
    checked: bool = True,
) -> Cohort:
    """The validated cohort of what a reader found: sorted by ``image``, with a RangeIndex, every patient in one split.

    Kept are the columns that the task knows: all its targets that the data set has (those not chosen too, since a
    phantom draws from them), their true labels, its attributes, ``age`` and its covariates. A patient recorded with two
    values of an attribute has it set to unknown, as has an age outside 0–120; ``Cohort.set_to_unknown`` counts the
    images of each. Rows whose protected attribute is unknown stay, for diagnosis. A group of nobody is left out.

    Args:
        reading: what the reader returned.
        task: the task, for its targets, attributes and covariates.
        dataset: where the reading comes from, for its name.
        protected: the attribute whose decodability is scored; None takes the task's.
        groups: of it; whoever is of another is left out. None takes the data set's own, or all.
        targets: the targets to train on and score; None takes the data set's own, or all of the task's.
        split: "hash" of the patient's id, or the data set's "official" one.
        image_size: side of the square images, in pixels.
        checked: whether to end in :func:`bench.data.cohorts.checks.check`.

    Raises:
        BenchError: for an unknown name; a reader whose rows do not add up; a column that is lacking; an image listed
            twice or a row without image or patient; a true label of no target; a value that is no label or no group; a
            protected attribute that is absent, unknown for all or the same for all; no official split, or one that
            parts a patient; an empty split; a target with one class or a protected attribute with one group in a split.
    """
    task = _declared(task, reading)
    chosen = _chosen_targets(task, dataset.targets if targets is None and reading.targets is None else targets)
    protected = _chosen_protected(task, protected or task.protected)
    excluded, unknown = Counter(reading.excluded), Counter(reading.unknown)
    rows_in = _rows_in(reading, dataset)
    table = cleaned(reading.table, task, dataset, chosen, unknown)
    table = _restrict(table, task, protected, dataset.groups.get(protected) if groups is None else groups, excluded)
    attribute_groups = _groups_present(table, task)
    _check_protected(table, attribute_groups, protected, dataset)
    table = _split(table, reading.table.reset_index(drop=True).loc[table.index], split, dataset, excluded)
    unknown += _alike(table)
    shown = image_size, task.channels, reading.vectors
    cohort = Cohort(
        table=table.sort_values("image", ignore_index=True),
        spec=TaskSpec(task.name, chosen, protected, attribute_groups[protected], *shown),
        dataset=dataset.name,
        synthetic=dataset.synthetic,
        attribute_groups=attribute_groups,
        no_finding=task.no_finding if task.no_finding in chosen else None,
        covariates=tuple(name for name in task.covariates if name in table),
        excluded=dict(excluded),
        set_to_unknown=dict(unknown),
        rows_in=rows_in,
        missing=reading.missing,
    )
    return _checked(cohort) if checked else cohort


def drop(cohort: Cohort, reasons: Mapping[str, str], checked: bool = True) -> Cohort:
    """The cohort without these images, counted by reason; the others keep their index, which is their cache row.

    Args:
        cohort: as made by :func:`build`.
        reasons: why each image is left out, by image.
        checked: whether to end in :func:`bench.data.cohorts.checks.check`.

    Raises:
        BenchError: when what is left has an empty split, or a target or protected attribute that is all one there.
    """
    keep = ~cohort.table["image"].isin(reasons.keys()).to_numpy()
    if keep.all():
        return cohort
    gone = Counter(reasons[image] for image in cohort.table["image"][~keep])
    excluded = dict(Counter(cohort.excluded) + gone)
    rest = replace(cohort.take(np.flatnonzero(keep)), excluded=excluded)
    return _checked(rest) if checked else rest


def _checked(cohort: Cohort) -> Cohort:
    scorable.check(cohort)
    return cohort


def _alike(table: pd.DataFrame) -> Counter[str]:
    """How many images are of patients who are written like another; empty where there are none."""
    found = identity.alike(table["patient"])
    return Counter({identity.ALIKE: int(table["patient"].isin(found.keys()).sum())} if found else {})


def _declared(task: Task | type[Task], reading: Reading) -> type[Task]:
    """The task with the targets, attributes and covariates that the data set declares in the place of its own."""
    if task.channels not in (1, 3):
        raise BenchError(f"Task {task.name!r} asks for {task.channels} channels; an image has 1 (grey) or 3 (RGB).")
    kind = task if isinstance(task, type) else type(task)
    given = {name: getattr(reading, name) for name in ("targets", "attributes", "covariates")}
    own = {name: value for name, value in given.items() if value is not None}
    return type(kind.__name__, (kind,), own) if own else kind


def _rows_in(reading: Reading, dataset: Dataset) -> int:
    found = len(reading.table) + sum(reading.excluded.values())
    if reading.rows not in (None, found):
        raise BenchError(
            f"The reader of data set {dataset.name!r} found {reading.rows:,} rows, but gives {len(reading.table):,} and"
            f" counts {found - len(reading.table):,} left out ({'; '.join(reading.excluded) or 'none'}). It has to"
            " count every row it leaves out once; values set to unknown are counted apart (Reading.unknown)."
        )
    return found


def _chosen_targets(task: Task | type[Task], targets: Sequence[str] | None) -> tuple[str, ...]:
    chosen = tuple(task.targets if targets is None else targets)
    for name in chosen:
        if name not in task.targets:
            raise BenchError(
                f"task.targets names {name!r}, which is no target of task {task.name!r}.{suggest(name, task.targets)}"
            )
    if not chosen or len(set(chosen)) < len(chosen):
        raise BenchError(
            f"task.targets=[{','.join(chosen)}] must name at least one target, and none twice."
            f" Available: {', '.join(task.targets)}."
        )
    # The task's order, so that the order of writing makes no other run of it.
    return tuple(name for name in task.targets if name in chosen)


def _chosen_protected(task: Task | type[Task], protected: str) -> str:
    if protected not in task.attributes:
        raise BenchError(
            f"task.protected={protected} is no attribute of task {task.name!r}.{suggest(protected, task.attributes)}"
        )
    return protected


def _restrict(
    table: pd.DataFrame, task: Task | type[Task], protected: str, groups: Sequence[str] | None, excluded: Counter[str]
) -> pd.DataFrame:
    """Without those whose protected attribute is known and none of ``groups``; with all of them where that is None."""
    if groups is None:
        return table
    known = task.attributes[protected]
    for group in groups:
        if group not in known:
            raise BenchError(f"task.groups names {group!r}, which is no group of {protected}.{suggest(group, known)}")
    if len(set(groups)) < 2:
        raise BenchError(f"task.groups=[{','.join(groups)}] must name two groups of {protected} or more.")
    if protected not in table:
        return table
    others = table[protected].notna() & ~table[protected].isin(groups)
    if others.any():
        excluded[f"{protected} not among task.groups"] += int(others.sum())
    return table[~others]


def _groups_present(table: pd.DataFrame, task: Task | type[Task]) -> dict[str, tuple[str, ...]]:
    present = {name: set(table[name].dropna()) for name in task.attributes if name in table}
    return {
        name: tuple(group for group in task.attributes[name] if group in found)
        for name, found in present.items()
        if found
    }


def _check_protected(
    table: pd.DataFrame, present: Mapping[str, tuple[str, ...]], protected: str, dataset: Dataset
) -> None:
    others = [name for name, groups in present.items() if name != protected and len(groups) > 1]
    instead = f"; it has {listed(others)}: task.protected={others[0]}" if others else ", nor any other attribute"
    if protected not in present:
        what = f"has {protected} unknown for all of {count(table)}" if protected in table else f"records no {protected}"
        raise BenchError(f"Data set {dataset.name!r} {what}{instead}.")
    if len(present[protected]) == 1:
        raise BenchError(
            f"Everyone in data set {dataset.name!r} whose {protected} is known is {present[protected][0]}"
            f" ({count(table[table[protected].notna()])}), so there is no {protected} to read{instead}."
        )


def _split(
    table: pd.DataFrame, given: pd.DataFrame, split: str, dataset: Dataset, excluded: Counter[str]
) -> pd.DataFrame:
    if split == "hash":
        return table.assign(split=splits.assign(identity.together(table["patient"])))
    if "split" not in given or given["split"].isna().all():
        raise BenchError(
            f"task.split=official, but no official split was found with data set {dataset.name!r}"
            f" ({dataset.summary}). Add the files that list it, or take task.split=hash."
        )
    table = table.assign(split=given["split"])
    outside = table["split"].isna()
    if outside.any():
        excluded["in no official split"] += int(outside.sum())
        table = table[~outside]
    wrong = ~table["split"].isin(SPLITS)
    if wrong.any():
        raise BenchError(
            f"Column 'split' of data set {dataset.name!r} holds {examples(table['split'][wrong])}"
            f" ({count(table[wrong])}); it may hold {', '.join(SPLITS)}."
        )
    torn = table.groupby("patient")["split"].transform("nunique") > 1
    if torn.any():
        parts = [name for name in SPLITS if name in set(table["split"][torn])]
        raise BenchError(
            f"The official split of data set {dataset.name!r} puts {count(table[torn])} into more than one"
            f" of {listed(parts)}, the first being the patient of image {table['image'][torn].iloc[0]!r}."
            " Scores on patients that were trained on mean nothing: mend the lists, or take"
            " task.split=hash."
        )
    return table
