"""Counterfactual twins: the same images with the protected attribute another, or with all that it shows taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from bench.errors import BenchError
from bench.task import Cohort, Dataset


def twin(cohort: Cohort, dataset: Dataset, group: str | None) -> Cohort:
    """The twins of a cohort's images, in the same order; in the image cache they are a set of their own, from row 0.

    Labels, patients and all that is not the protected attribute stay as they are; the codes of the protected attribute
    are those of ``group``, so that a method that reads it when it predicts is given the twin's.

    Args:
        cohort: any rows of the data set.
        dataset: one that has twins.
        group: of the protected attribute; None for twins that do not show it.

    Raises:
        BenchError: when the data set has no twins, or its ``twin`` gives other rows, or another group than asked for.
    """
    if dataset.twin is None:
        raise BenchError(f"Data set {dataset.name!r} has no counterfactual twins. Only a phantom can have them.")
    table = dataset.twin(cohort.table, group)
    named = f"The twin function of data set {dataset.name!r}, asked for {_words(group)},"
    if not isinstance(table, pd.DataFrame) or len(table) != len(cohort):
        got = f"{len(table)} rows" if isinstance(table, pd.DataFrame) else f"a {type(table).__name__}"
        raise BenchError(f"{named} must give a table of the {len(cohort)} rows it got; it gave {got}.")
    own = cohort.table
    changed = [name for name in ("image", "patient") if name not in table or table[name].tolist() != own[name].tolist()]
    if changed:
        raise BenchError(
            f"{named} must leave the rows in their order and column {changed[0]!r} as it is: a twin is the same image."
        )
    others = table[cohort.spec.protected] != group
    if group is not None and others.any():
        raise BenchError(
            f"{named} must set column {cohort.spec.protected!r} to that in every row; {int(others.sum())} of"
            f" {len(table)} hold something else."
        )
    return replace(cohort, table=table.reset_index(drop=True))


def joined(cohorts: Sequence[Cohort]) -> Cohort:
    """The images of several cohorts one after the other, numbered from 0: to be prepared at once, a block each."""
    return replace(cohorts[0], table=pd.concat([cohort.table for cohort in cohorts], ignore_index=True))


def _words(group: str | None) -> str:
    return "no group" if group is None else repr(group)
