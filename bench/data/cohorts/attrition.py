"""What became of a data set's rows, and how many images and patients every cell of the comparison holds."""

from __future__ import annotations

import pandas as pd

from bench.records import Attrition, Cell
from bench.task import SPLITS, Cohort


def of(cohort: Cohort) -> Attrition:
    """The attrition table of a whole cohort: rows in, left out and kept, and the kept by split and protected group.

    Raises:
        ValueError: when rows in are not rows kept and left out: of a part of a cohort there is no such table.
    """
    table, spec = cohort.table, cohort.spec
    columns = [*spec.targets, *cohort.attribute_groups, "age"]
    unknown = {name: int(table[name].isna().sum()) for name in columns}
    return Attrition(
        rows=cohort.rows_in,
        excluded=dict(cohort.excluded),
        kept=len(table),
        patients=int(table["patient"].nunique()),
        unknown={name: n for name, n in unknown.items() if n},
        set_to_unknown=dict(cohort.set_to_unknown),
        cells=_cells(cohort),
    )


def _cells(cohort: Cohort) -> list[Cell]:
    table, protected = cohort.table, cohort.table[cohort.spec.protected]
    groups = [(group, protected == group) for group in cohort.spec.groups]
    if protected.isna().any():
        groups.append((None, protected.isna()))  # type: ignore[arg-type]
    return [
        _cell(split, group, table[(table["split"] == split) & in_group], cohort.spec.targets)
        for split in SPLITS
        for group, in_group in groups
    ]


def _cell(split: str, group: str | None, rows: pd.DataFrame, targets: tuple[str, ...]) -> Cell:
    return Cell(
        split=split,
        group=group,
        images=len(rows),
        patients=int(rows["patient"].nunique()),
        positive={name: int((rows[name] == 1).sum()) for name in targets},
        negative={name: int((rows[name] == 0).sum()) for name in targets},
    )
