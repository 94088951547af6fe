"""MIMIC-CXR (Johnson et al., 2019), JPG or DICOM, with race, sex and age from MIMIC-IV.

Not run on the real tables, which need credentials: columns, and the words of race and ethnicity, are those that the
pages at PhysioNet and public readers of the tables name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from bench.data.tables import Rows, find_one, map_values, one_value, read_table
from bench.errors import BenchError
from bench.task import Dataset, Reading, require_root

from ._chest import FINDINGS, ReportOptions, keep_views, race_of_patients, report_labels

_IMAGE, _PATIENT, _STUDY, _VIEW, _DATE = "dicom_id", "subject_id", "study_id", "ViewPosition", "StudyDate"
_METADATA = (_IMAGE, _PATIENT, _STUDY, _VIEW, _DATE)
_SPLITS = {"train": "train", "validate": "val", "test": "test"}
#: Where the tables of MIMIC-CXR-JPG may stand below the root, and those of MIMIC-IV ("hosp" since v2, "core" in v1).
_CXR_FOLDERS = (".", "mimic-cxr*", "mimic-cxr*/*")
_IV_FOLDERS = (".", "hosp", "core", "mimic*", "mimic*/hosp", "mimic*/core", "mimic*/*/hosp", "mimic*/*/core")

#: What precedes " - " in the recorded race ("ASIAN - KOREAN", "WHITE - RUSSIAN"); no group of the task keeps its name.
_RACES = {
    "WHITE": "White",
    "BLACK/AFRICAN AMERICAN": "Black",
    "BLACK/AFRICAN": "Black",
    "BLACK/CAPE VERDEAN": "Black",
    "BLACK/CARIBBEAN ISLAND": "Black",
    "ASIAN": "Asian",
    "HISPANIC OR LATINO": "HISPANIC/LATINO",
    **{
        name: name
        for name in (
            "HISPANIC/LATINO", "AMERICAN INDIAN/ALASKA NATIVE", "PORTUGUESE", "SOUTH AMERICAN",
            "MULTIPLE RACE/ETHNICITY", "NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER", "OTHER",
        )
    },
}  # fmt: skip
_NO_RACE = ("UNKNOWN", "UNABLE TO OBTAIN", "PATIENT DECLINED TO ANSWER")


class MimicOptions(ReportOptions):
    """What can be set on MIMIC-CXR."""

    labels: Literal["chexpert", "negbio"] = "chexpert"
    #: The folder of MIMIC-IV, where it does not lie below the root.
    mimic_iv: Path | None = None


class People(NamedTuple):
    """What MIMIC-IV says of its patients."""

    #: ``subject_id`` and race of each admission, and their file; who was never admitted is not there.
    admitted: pd.Series
    race: pd.Series
    admissions: Path
    #: By ``subject_id``; the year of birth is in the patient's own shifted calendar.
    sex: pd.Series
    born: pd.Series


def read(root: Path | None, options: MimicOptions) -> Reading:
    """The images of MIMIC-CXR-JPG's metadata table, with their studies' findings and their patients' race.

    Race is what a patient's admissions record: unknown where they record two, a race that is no group of the task, or
    none. Age is that at the study: ``anchor_age`` + year of the study − ``anchor_year``. Sex and age are unknown for
    patients whom MIMIC-IV does not have. Counted and left out are repeated rows, rows without an id, other views,
    studies that the labeler did not read, and images that are not on disk. Where both trees are there, the JPG one is
    read.

    Args:
        root: the folder of MIMIC-CXR-JPG's tables (``mimic-cxr-2.0.0-metadata.csv.gz`` …), or the one above it. The
            images are ``files/p10/p10000032/s50414267/<dicom_id>.jpg``, or ``.dcm``, below it or beside it.
        options: views, labeler, what to make of uncertain and blank findings, and where MIMIC-IV is.

    Raises:
        BenchError: for a table or column that is lacking, a recorded race of a kind not known here, a finding or split
            of another kind, or a folder without images.
    """
    root = require_root(root, "mimic_cxr")
    file = _table(root, "metadata")
    rows = Rows(read_table(file, _METADATA))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing([_IMAGE, _PATIENT, _STUDY], "image, patient or study")
    keep_views(rows, _VIEW, options.views)
    findings, labels_file = _findings(root, options)
    rows.leave_out(~rows.table[_STUDY].isin(findings.index), f"study not in {labels_file.name}")
    paths = _paths(rows.table, root, file.parent)
    rows.leave_out_files(root, paths, "They are looked for as files/p10/p10000032/s50414267/<dicom_id>.jpg or .dcm.")

    table = rows.table
    people = _people(root, options)
    patient = table[_PATIENT]
    age = pd.to_numeric(table[_DATE], errors="coerce") // 10_000 - patient.map(people.born)
    rows.note(age.isna(), "age set to unknown (no date of the study, or patient without a year of birth)")
    return rows.reading(
        {
            "image": paths[table.index],
            "patient": patient,
            "study": table[_STUDY],
            **report_labels(findings.reindex(table[_STUDY]).set_index(table.index), options, labels_file),
            "race": race_of_patients(rows, patient, people.admitted, people.race, people.admissions),
            "sex": patient.map(people.sex),
            "age": age,
            "view": table[_VIEW],
            "split": _split(root, table),
        }
    )


def _table(root: Path, kind: str) -> Path:
    names = (f"mimic-cxr-2*-{kind}.csv.gz", f"mimic-cxr-2*-{kind}.csv")
    return find_one(root, names, f"the {kind} table of MIMIC-CXR-JPG 2", _CXR_FOLDERS)


def _findings(root: Path, options: MimicOptions) -> tuple[pd.DataFrame, Path]:
    """The labeler's findings by study, and their file."""
    file = _table(root, options.labels)
    findings = read_table(file, [_STUDY, *FINDINGS.values()]).drop_duplicates().set_index(_STUDY)
    twice = findings.index[findings.index.duplicated()]
    if len(twice):
        raise BenchError(f"{file} has two different rows for {len(twice):,} studies, the first being {twice[0]}.")
    return findings, file


def _paths(table: pd.DataFrame, root: Path, beside: Path) -> pd.Series:
    """Each image's path below the root: of the first tree that has any of them, JPG before DICOM."""
    patient = "p" + table[_PATIENT]
    tree = "files/" + patient.str[:3] + "/" + patient + "/s" + table[_STUDY] + "/" + table[_IMAGE]
    for suffix in (".jpg", ".dcm"):
        for folder in dict.fromkeys(_trees(root, beside)):
            above = "" if folder == root else f"{folder.relative_to(root).as_posix()}/"
            paths = above + tree + suffix
            if any(os.path.isfile(root / path) for path in paths):
                return paths
    return tree + ".jpg"


def _trees(root: Path, beside: Path) -> Iterator[Path]:
    """Folders that hold the tree ``files/``: that of the tables first."""
    yield from (beside, root)
    for pattern in _CXR_FOLDERS[1:]:
        yield from sorted(folder.parent for folder in root.glob(f"{pattern}/files"))


def _people(root: Path, options: MimicOptions) -> People:
    above = options.mimic_iv.expanduser() if options.mimic_iv else root
    if not above.is_dir():
        raise BenchError(f"task.mimic_iv={above} is not a folder. Race, sex and age are read from MIMIC-IV there.")
    file = find_one(
        above, ("admissions.csv.gz", "admissions.csv"), "the admissions of MIMIC-IV, which hold race", _IV_FOLDERS,
        "Where MIMIC-IV lies elsewhere, say so with task.mimic_iv=/path/to/mimic-iv.",
    )  # fmt: skip
    admissions = read_table(file, [_PATIENT], optional=["race", "ethnicity"])
    column = next((name for name in ("race", "ethnicity") if name in admissions), None)
    if column is None:
        raise BenchError(f"{file} has neither a column 'race' (MIMIC-IV since v2) nor 'ethnicity' (v1).")
    recorded = map_values(
        admissions[column].str.split(" - ").str[0], _RACES, _NO_RACE, f"Column {column!r} of {file}",
        "A string of a later release has to be added to tasks/cxr/mimic_cxr.py.",
    )  # fmt: skip
    names = ("patients.csv.gz", "patients.csv")
    beside = find_one(file.parent, names, "the patients of MIMIC-IV", remedy="It belongs beside the admissions.")
    patients = read_table(beside, [_PATIENT, "gender", "anchor_age", "anchor_year"])
    sex = map_values(patients["gender"], {"F": "F", "M": "M"}, (), f"Column 'gender' of {beside}")
    born = pd.to_numeric(patients["anchor_year"], errors="coerce") - pd.to_numeric(
        patients["anchor_age"], errors="coerce"
    )
    by_patient = [one_value(values, patients[_PATIENT])[0] for values in (sex, born)]
    return People(admissions[_PATIENT], recorded, file, *by_patient)


def _split(root: Path, table: pd.DataFrame) -> pd.Series:
    """The official split; NaN for images that it does not name."""
    file = _table(root, "split")
    official = read_table(file, [_IMAGE, "split"]).drop_duplicates(_IMAGE).set_index(_IMAGE)["split"]
    named = map_values(official, _SPLITS, (), f"Column 'split' of {file}")
    return table[_IMAGE].map(named)


DATASET = Dataset(
    name="mimic_cxr",
    summary="377,110 radiographs of 65,379 patients; race, sex and age from MIMIC-IV; labels mined from reports by"
    " CheXpert or NegBio; official split",
    read=read,
    options=MimicOptions,
    source="https://physionet.org/content/mimic-cxr-jpg/",
    licence="PhysioNet Credentialed Health Data License 1.5.0",
)
