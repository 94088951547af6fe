"""NIH ChestX-ray14 (Wang et al., CVPR 2017): sex and age, no race. Whole copies and parts are read alike.

Checked on the whole real table of 2020 (112,120 rows of 30,805 patients), and with images on a part of it. The table of
2017 and the two lists of the official split are read as their public readers describe them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.cohorts import identity, splits
from bench.data.tables import Rows, files_below, find_one, map_values, read_table
from bench.errors import BenchError
from bench.task import Dataset, Reading, require_root

from ._chest import ChestOptions, keep_views

_TABLES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
_TRAIN_VAL_LIST, _TEST_LIST = "train_val_list.txt", "test_list.txt"
_IMAGE, _LABELS, _PATIENT, _STUDY = "Image Index", "Finding Labels", "Patient ID", "Follow-up #"
_AGE, _SEX, _VIEW = "Patient Age", "Patient Gender", "View Position"
_COLUMNS = (_IMAGE, _LABELS, _PATIENT, _STUDY, _AGE, _SEX, _VIEW)
_FOLDERS = ("images", "images_*/images")

_NO_FINDING = "No Finding"
#: "Lung Opacity" and what lies below it in CheXpert's hierarchy of findings (Irvin et al., AAAI 2019, figure 2): edema,
#: consolidation, pneumonia, lung lesion (here mass and nodule) and atelectasis; and infiltration, NIH's word for an
#: opacity of unstated kind, which CheXpert does not have.
_OPACITY = frozenset({"Atelectasis", "Consolidation", "Edema", "Infiltration", "Mass", "Nodule", "Pneumonia"})
_TARGETS = {
    "effusion": frozenset({"Effusion"}),
    "cardiomegaly": frozenset({"Cardiomegaly"}),
    "opacity": _OPACITY,
    "pneumothorax": frozenset({"Pneumothorax"}),
    # A nodule up to 3 cm, a mass beyond: CheXpert's "Lung Lesion".
    "nodule": frozenset({"Mass", "Nodule"}),
    "no_finding": frozenset({_NO_FINDING}),
}
_FINDINGS = _OPACITY | {
    "Cardiomegaly", "Effusion", "Emphysema", "Fibrosis", "Hernia", "Pleural_Thickening", "Pneumothorax", _NO_FINDING,
}  # fmt: skip


def read(root: Path | None, options: ChestOptions) -> Reading:
    """The rows of the data set's table whose image is there.

    Patients are numbers without zeros in front, however the table writes them. Every finding is known for every image:
    one that is not named is absent. Counted and left out are rows without an image's name, a patient or findings, rows
    that repeat another to the letter, other views, and images that are not on disk. Sex is M, F, or unknown (O, U and
    blank); ages are as recorded, some of them beyond 120 years, which a cohort sets to unknown. With both official
    lists there, ``split`` follows them; validation patients are then taken from the train_val list by their hash, and
    images on neither list have none.

    Args:
        root: the folder that holds ``Data_Entry_2017_v2020.csv`` (or ``Data_Entry_2017.csv``), the images below
            ``images/`` or ``images_001/images/`` … and, where there, ``train_val_list.txt`` and ``test_list.txt``.
        options: which views.

    Raises:
        BenchError: for a folder without table or images, a table that cannot be read or lacks a column, or a finding
            of another name.
    """
    root = require_root(root, "nih_cxr14")
    file = find_one(root, _TABLES, "the table of NIH ChestX-ray14")
    listed = read_table(file, _COLUMNS)
    # One official table writes 1, the other 00000001: one form, or a patient's split would hang on the table.
    rows = Rows(listed.assign(**{_PATIENT: identity.plain_numbers(listed[_PATIENT])}))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing([_IMAGE, _PATIENT, _LABELS], "image name, patient or findings")
    keep_views(rows, _VIEW, options.views)
    on_disk = files_below(root, _FOLDERS)
    looked = f"They are looked for below {' and '.join(_FOLDERS)}."
    rows.leave_out_files(root, rows.table[_IMAGE].map(on_disk), looked)

    table = rows.table
    age = _years(table[_AGE])
    rows.note(table[_AGE].notna() & age.isna(), "age set to unknown (not a number)")
    labels = table[_LABELS].str.split("|").map(lambda names: frozenset(name.strip() for name in names))
    _check_findings(labels, file)
    columns = {
        "image": table[_IMAGE].map(on_disk),
        "patient": table[_PATIENT],
        "study": table[_PATIENT] + "-" + table[_STUDY].fillna("?"),
        **{target: labels.map(lambda has, of=names: float(bool(has & of))) for target, names in _TARGETS.items()},
        "sex": map_values(table[_SEX], {"F": "F", "M": "M"}, ("O", "U"), f"Column {_SEX!r} of {file}"),
        "age": age,
        "view": table[_VIEW],
    }
    official = _official_split(root, table)
    return rows.reading(columns if official is None else {**columns, "split": official})


def _check_findings(labels: pd.Series, file: Path) -> None:
    named = labels.explode()
    map_values(named, dict.fromkeys(_FINDINGS, 1.0), (), f"Column {_LABELS!r} of {file}")


def _years(ages: pd.Series) -> pd.Series:
    """Years from ``58``, or ``058Y`` as in the first release; its months and days (``011M``, ``002D``) round to 0."""
    parts = ages.str.extract(r"^(\d+)([YMD]?)$")
    per_year = parts[1].map({"": 1.0, "Y": 1.0, "M": 12.0, "D": 365.25})
    return (parts[0].astype(float) / per_year).where(parts[1].isin(["", "Y"]), lambda x: np.floor(x))


def _official_split(root: Path, table: pd.DataFrame) -> pd.Series | None:
    files = [root / _TRAIN_VAL_LIST, root / _TEST_LIST]
    if not all(file.is_file() for file in files):
        return None
    train_val, test = (set(file.read_text(encoding="utf-8-sig").split()) for file in files)
    in_test = table[_IMAGE].isin(test)
    both = test & train_val
    if both:
        raise BenchError(
            f"{len(both):,} images are on both {_TRAIN_VAL_LIST} and {_TEST_LIST} of {root}, the first"
            f" being {min(both)}. Take them off one list, or take task.split=hash without the lists."
        )
    carved = splits.train_or_val(table[_PATIENT])
    return carved.where(table[_IMAGE].isin(train_val)).mask(in_test, "test")


DATASET = Dataset(
    name="nih_cxr14",
    summary="112,120 frontal radiographs of 30,805 patients; sex and age, no race; labels mined from reports; official"
    " split in train_val_list.txt and test_list.txt",
    read=read,
    options=ChestOptions,
    source="https://nihcc.app.box.com/v/ChestXray-NIHCC",
    licence="no restriction; the NIH Clinical Center is to be named as the source",
)
