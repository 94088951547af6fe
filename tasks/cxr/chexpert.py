"""CheXpert (Irvin et al., AAAI 2019), original or small, with race from its demographics table.

Checked on the whole real ``train.csv`` of the small release (223,414 rows of 64,540 patients): its columns, paths and
every word of sex, view and findings. ``valid.csv`` and the demographics table, which is had apart, are read as public
readers of them describe them, and so are the words of race.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from bench.data.cohorts import splits
from bench.data.tables import Rows, find_one, map_values, numbers, read_table
from bench.errors import BenchError
from bench.task import Dataset, Reading, require_root

from ._chest import FINDINGS, ReportOptions, keep_views, race_of_patients, report_labels

_PATH, _SEX, _AGE, _SIDE, _VIEW = "Path", "Sex", "Age", "Frontal/Lateral", "AP/PA"
_COLUMNS = (_PATH, _SEX, _AGE, _SIDE, _VIEW, *FINDINGS.values())
_FOLDERS = (".", "CheXpert-v1.0", "CheXpert-v1.0-small")
_DEMOGRAPHICS = ("CHEXPERT DEMO.xlsx", "CHEXPERT DEMO.csv", "CHEXPERT DEMO.csv.gz")

#: What precedes ", Hispanic" or ", non-Hispanic" in PRIMARY_RACE.
_RACES = {
    "White": "White",
    "White or Caucasian": "White",
    "Black or African American": "Black",
    "Black": "Black",
    "Asian": "Asian",
    "Asian - Historical Conv": "Asian",
    **{
        name: name
        for name in (
            "Other", "Pacific Islander", "Native American", "Native Hawaiian or Other Pacific Islander",
            "American Indian or Alaska Native",
        )
    },
}  # fmt: skip
_NO_RACE = ("Unknown", "Race and Ethnicity Unknown", "Patient Refused")
_NOT_HISPANIC = ("Non-Hispanic/Non-Latino", "Not Hispanic")
_OTHER_ETHNICITY = "Hispanic or of unknown ethnicity"


class ChexpertOptions(ReportOptions):
    """What can be set on CheXpert."""

    #: Who counts as Asian, Black or White: "paper", as in Gichoya et al. (2022), who is recorded as not Hispanic
    #: besides; "any", whoever has that primary race; "none" reads no race and needs no demographics table.
    race_rule: Literal["paper", "any", "none"] = "paper"


def read(root: Path | None, options: ChexpertOptions) -> Reading:
    """The images of ``train.csv`` and, where there, ``valid.csv``, with race from the demographics table.

    The findings of ``train.csv`` are mined from reports, those of ``valid.csv`` (200 studies) are radiologists'. The
    official split makes ``valid.csv`` the test part and takes validation patients from ``train.csv`` by their hash; the
    hashed split mixes both tables. Race is unknown for patients of whom the table records two, or none, or one that is
    no group under ``race_rule``. Counted and left out are repeated rows, rows without a path, lateral and other views,
    and images that are not on disk.

    Args:
        root: the folder of ``train.csv``, or the one above it; the images below it as ``train/patient00001/study1/…``.
        options: views, what to make of uncertain and blank findings, and of race.

    Raises:
        BenchError: for a table or column that is lacking, a path, race or finding of another kind, or no images.
    """
    root = require_root(root, "chexpert")
    train = find_one(root, ("train.csv", "train.csv.gz"), "the table of CheXpert's images", _FOLDERS)
    rows = Rows(_tables(train))
    rows.leave_out(rows.table.drop(columns="part").duplicated(), "row repeated")
    rows.leave_out_missing([_PATH], "path")
    rows.leave_out(rows.table[_SIDE] != "Frontal", "view other than frontal")
    keep_views(rows, _VIEW, options.views)
    parts = rows.table[_PATH].str.extract(r"^(?:CheXpert-v[^/]*/)?((?:train|valid)/(patient\d+)/study\d+)/[^/]+$")
    if parts[1].isna().any():
        raise BenchError(
            f"Column {_PATH!r} of {train} holds {rows.table[_PATH][parts[1].isna()].iloc[0]!r}, which is not of the"
            " form CheXpert-v1.0/train/patient00001/study1/view1_frontal.jpg."
        )
    above = "" if train.parent == root else f"{train.parent.relative_to(root).as_posix()}/"
    paths = above + rows.table[_PATH].str.replace(r"^CheXpert-v[^/]*/", "", regex=True)
    rows.leave_out_files(root, paths, f"They are looked for as {above}train/patient00001/study1/view1_frontal.jpg.")

    table, patient = rows.table, parts[1][rows.table.index]
    race = {} if options.race_rule == "none" else {"race": _race(rows, patient, root, options)}
    return rows.reading(
        {
            "image": paths[table.index],
            "patient": patient,
            "study": parts[0][table.index],
            **report_labels(table, options, train),
            **race,
            "sex": map_values(table[_SEX], {"Female": "F", "Male": "M"}, ("Unknown",), f"Column {_SEX!r} of {train}"),
            "age": numbers(rows, "age", table[_AGE]),
            "view": table[_VIEW],
            "split": splits.train_or_val(patient).mask(table["part"] == "valid", "test"),
        }
    )


def _tables(train: Path) -> pd.DataFrame:
    """Both tables as one, with the ``part`` each row comes from."""
    parts = [read_table(train, _COLUMNS).assign(part="train")]
    valid = train.with_name(train.name.replace("train", "valid"))
    if valid.is_file():
        parts.append(read_table(valid, _COLUMNS).assign(part="valid"))
    return pd.concat(parts, ignore_index=True)


def _race(rows: Rows, patient: pd.Series, root: Path, options: ChexpertOptions) -> pd.Series:
    file = find_one(
        root, _DEMOGRAPHICS, "the demographics of CheXpert, which hold race and are a download of their own", _FOLDERS,
        "Add it, or run without race: task.race_rule=none task.protected=sex.",
    )  # fmt: skip
    people = read_table(file, ["PATIENT", "PRIMARY_RACE", "ETHNICITY"])
    recorded = map_values(
        people["PRIMARY_RACE"].str.replace(r", (non-)?Hispanic$", "", regex=True), _RACES, _NO_RACE,
        f"Column 'PRIMARY_RACE' of {file}", "A string of a later release has to be added to tasks/cxr/chexpert.py.",
    )  # fmt: skip
    groups = race_of_patients(rows, patient, people["PATIENT"], recorded, file)
    if options.race_rule == "any":
        return groups
    # A patient listed twice counts as not Hispanic only if both rows say so.
    hispanic = set(people["PATIENT"][~people["ETHNICITY"].isin(_NOT_HISPANIC)])
    rows.note(groups.notna() & patient.isin(hispanic), f"race set to unknown ({_OTHER_ETHNICITY})")
    return groups.mask(patient.isin(hispanic), np.nan)


DATASET = Dataset(
    name="chexpert",
    summary="224,316 radiographs of 65,240 patients; sex and age, race from the demographics table sold apart; labels"
    " mined from reports; valid.csv is the official test part",
    read=read,
    options=ChexpertOptions,
    source="https://stanfordaimi.azurewebsites.net/datasets/8cbd9ed4-2eb9-4565-affc-111cf4f7ebe2",
    licence="Stanford University Dataset Research Use Agreement",
)
