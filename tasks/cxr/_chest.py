"""What readers of chest radiographs share: the choice of views, and findings that a labeler mined from reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from bench.data.tables import Rows, Uncertain, labels, one_value, only_groups
from bench.task import Options

from . import ChestXray

#: The labeler's name of each target (Irvin et al., AAAI 2019, table 1). "Lung Lesion" is a nodule or mass.
FINDINGS = {
    "effusion": "Pleural Effusion",
    "cardiomegaly": "Cardiomegaly",
    "opacity": "Lung Opacity",
    "pneumothorax": "Pneumothorax",
    "nodule": "Lung Lesion",
    "no_finding": "No Finding",
}
VIEWS = {"frontal": ("PA", "AP"), "PA": ("PA",), "AP": ("AP",)}


class ChestOptions(Options):
    """What can be set on a set of chest radiographs."""

    views: Literal["frontal", "PA", "AP"] = "frontal"


class ReportOptions(ChestOptions):
    """What can be set on a set whose findings the CheXpert or NegBio labeler mined from reports."""

    uncertain: Uncertain = "ignore"
    #: What a finding becomes that the report does not mention: absent, as in Irvin et al., whose loss sums over all
    #: findings of a study that are not uncertain; or unknown.
    blank: Literal["zeros", "ignore"] = "zeros"


def keep_views(rows: Rows, column: str, views: str) -> None:
    """Leave out the rows of other views than those chosen."""
    rows.leave_out(~rows.table[column].isin(VIEWS[views]), f"view other than {' or '.join(VIEWS[views])}")


def report_labels(table: pd.DataFrame, options: ReportOptions, file: Path) -> Mapping[str, pd.Series]:
    """The six targets, 1, 0 or NaN, from the labeler's columns of ``table``.

    "No Finding" is 1 or blank in what the labelers write; its blank is 0 whatever ``options.blank`` says.
    """
    unmentioned = {"zeros": 0.0, "ignore": np.nan}[options.blank]
    return {
        target: labels(
            table[column],
            options.uncertain,
            0.0 if target == "no_finding" else unmentioned,
            f"Column {column!r} of {file}",
        )
        for target, column in FINDINGS.items()
    }


def race_of_patients(rows: Rows, patient: pd.Series, listed: pd.Series, recorded: pd.Series, file: Path) -> pd.Series:
    """The race of each row's patient, from a table of patients; every row for which it is unknown is counted, and why.

    Args:
        rows: the images.
        patient: the patient of each.
        listed: the patient of each row of the other table.
        recorded: the race in it: a group of the task, another's name, or NaN where it says nothing.
        file: where that table is.
    """
    race, two = one_value(recorded, listed)
    found = patient.map(race)
    absent, torn = ~patient.isin(listed), patient.isin(two)
    rows.note(absent, f"race set to unknown (patient not in {file.name})")
    rows.note(torn, "race set to unknown (two recorded for the patient)")
    rows.note(found.isna() & ~absent & ~torn, "race set to unknown (unknown, declined or not obtained)")
    return only_groups(rows, "race", found, ChestXray.attributes["race"])
