"""NIH ChestX-ray14 (Wang et al., CVPR 2017): sex and age, no race. Whole copies and parts are read alike."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from bench.data import splits
from bench.errors import BenchError
from bench.task import Dataset, Options, Reading, require_root

_TABLES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
_TRAIN_VAL_LIST, _TEST_LIST = "train_val_list.txt", "test_list.txt"
_IMAGE, _LABELS, _PATIENT, _STUDY = "Image Index", "Finding Labels", "Patient ID", "Follow-up #"
_AGE, _SEX, _VIEW = "Patient Age", "Patient Gender", "View Position"
_COLUMNS = (_IMAGE, _LABELS, _PATIENT, _STUDY, _AGE, _SEX, _VIEW)

_NO_FINDING = "No Finding"
#: "Lung Opacity" and what lies below it in CheXpert's hierarchy of findings (Irvin et al., AAAI 2019, figure 2): edema,
#: consolidation, pneumonia, lung lesion (here mass and nodule) and atelectasis; and infiltration, NIH's word for an
#: opacity of unstated kind, which CheXpert does not have.
_OPACITY = frozenset({"Atelectasis", "Consolidation", "Edema", "Infiltration", "Mass", "Nodule", "Pneumonia"})
_TARGETS = {
    "effusion": frozenset({"Effusion"}),
    "cardiomegaly": frozenset({"Cardiomegaly"}),
    "opacity": _OPACITY,
    "no_finding": frozenset({_NO_FINDING}),
}
_FINDINGS = _OPACITY | {
    "Cardiomegaly", "Effusion", "Emphysema", "Fibrosis", "Hernia", "Pleural_Thickening", "Pneumothorax", _NO_FINDING,
}  # fmt: skip

_VIEWS = {"frontal": ("PA", "AP"), "PA": ("PA",), "AP": ("AP",)}
#: The share of the official train_val patients that trains; the rest is for validation, as in the hashed split.
_TRAIN_OF_TRAIN_VAL = splits.FRACTIONS["train"] / (splits.FRACTIONS["train"] + splits.FRACTIONS["val"])


class NihOptions(Options):
    """What can be set on NIH ChestX-ray14."""

    views: Literal["frontal", "PA", "AP"] = "frontal"


def read(root: Path | None, options: NihOptions) -> Reading:
    """The rows of the data set's table whose image is there.

    Every finding is known for every image: one that is not named is absent. Counted and left out are rows without an
    image's name, a patient or findings, rows that repeat another to the letter, other views, and images that are not on
    disk. Sex other than M and F is unknown; ages are as recorded, some of them beyond 120 years, which a cohort sets to
    unknown. With both official lists there, ``split`` follows them; validation
    patients are then taken from the train_val list by their hash, and images on neither list have none.

    Args:
        root: the folder that holds ``Data_Entry_2017_v2020.csv`` (or ``Data_Entry_2017.csv``), the images below
            ``images/`` or ``images_001/images/`` … and, where there, ``train_val_list.txt`` and ``test_list.txt``.
        options: which views.

    Raises:
        BenchError: for a folder without table or images, a table that cannot be read or lacks a column, or a finding
            of another name.
    """
    root = require_root(root, "nih_cxr14")
    file, rows = _read_table(root)
    rows_in = len(rows)
    excluded: Counter[str] = Counter()

    def leave_out(wrong: pd.Series, reason: str) -> None:
        nonlocal rows
        if wrong.any():
            excluded[reason] += int(wrong.sum())
            rows = rows[~wrong]

    leave_out(rows.duplicated(), "row repeated")
    leave_out(rows[[_IMAGE, _PATIENT, _LABELS]].isna().any(axis=1), "image name, patient or findings missing")
    leave_out(~rows[_VIEW].isin(_VIEWS[options.views]), f"view other than {' or '.join(_VIEWS[options.views])}")
    on_disk = dict(_images(root))
    if not rows[_IMAGE].isin(on_disk).any():
        raise BenchError(
            f"{root} holds none of the {len(rows):,} images of views={options.views} that {file.name} names."
            " They are looked for below images/ and images_001/images/, images_002/images/ …."
        )
    leave_out(~rows[_IMAGE].isin(on_disk), "image file missing")

    rows = rows.reset_index(drop=True)
    age = _years(rows[_AGE])
    unreadable = int((rows[_AGE].notna() & age.isna()).sum())
    labels = rows[_LABELS].str.split("|").map(lambda names: frozenset(name.strip() for name in names))
    _check_findings(labels, file)
    table = pd.DataFrame(
        {
            "image": rows[_IMAGE].map(on_disk),
            "patient": rows[_PATIENT],
            "study": rows[_PATIENT] + "-" + rows[_STUDY].fillna("?"),
            **{target: labels.map(lambda has, of=names: float(bool(has & of))) for target, names in _TARGETS.items()},
            "sex": rows[_SEX].where(rows[_SEX].isin(["F", "M"]), np.nan),
            "age": age,
            "view": rows[_VIEW],
        }
    )
    official = _official_split(root, rows)
    return Reading(
        table if official is None else table.assign(split=official),
        dict(excluded),
        {"age: not a number": unreadable} if unreadable else {},
        rows_in,
    )


def _read_table(root: Path) -> tuple[Path, pd.DataFrame]:
    file = next((root / name for name in _TABLES if (root / name).is_file()), None)
    if file is None:
        raise BenchError(
            f"{root} holds neither {' nor '.join(_TABLES)}, the table of NIH ChestX-ray14. task.root must"
            " be the folder that holds it and the images."
        )
    try:
        with warnings.catch_warnings():
            # Copies are about whose rows end in one comma more than the header: without index_col=False that makes the
            # first column an index, and with it pandas warns that it drops the empty field.
            warnings.simplefilter("ignore", pd.errors.ParserWarning)
            rows = pd.read_csv(file, dtype=str, index_col=False, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BenchError(f"{file} cannot be read as a CSV table: {error}. Download it again.") from error
    lacking = [name for name in _COLUMNS if name not in rows]
    if lacking:
        raise BenchError(
            f"{file} lacks the column {', '.join(map(repr, lacking))}; it has"
            f" {', '.join(repr(name) for name in rows.columns)}."
        )
    rows = rows[list(_COLUMNS)].apply(lambda column: column.str.strip())
    return file, rows.mask(rows == "")


def _images(root: Path) -> Iterator[tuple[str, str]]:
    """Name and path below the root of every file in the image folders."""
    for folder in sorted([*root.glob("images"), *root.glob("images_*/images")], reverse=True):
        for entry in os.scandir(folder):
            yield entry.name, f"{folder.relative_to(root).as_posix()}/{entry.name}"


def _check_findings(labels: pd.Series, file: Path) -> None:
    unknown = frozenset().union(*labels) - _FINDINGS
    if unknown:
        raise BenchError(
            f"Column {_LABELS!r} of {file} names {', '.join(map(repr, sorted(unknown)[:5]))}, which is no"
            f" finding of NIH ChestX-ray14: {', '.join(sorted(_FINDINGS))}."
        )


def _years(ages: pd.Series) -> pd.Series:
    """Years from ``58``, or ``058Y`` as in the first release; its months and days (``011M``, ``002D``) round to 0."""
    parts = ages.str.extract(r"^(\d+)([YMD]?)$")
    per_year = parts[1].map({"": 1.0, "Y": 1.0, "M": 12.0, "D": 365.25})
    return (parts[0].astype(float) / per_year).where(parts[1].isin(["", "Y"]), lambda x: np.floor(x))


def _official_split(root: Path, rows: pd.DataFrame) -> pd.Series | None:
    files = [root / _TRAIN_VAL_LIST, root / _TEST_LIST]
    if not all(file.is_file() for file in files):
        return None
    train_val, test = (set(file.read_text(encoding="utf-8-sig").split()) for file in files)
    carved = splits.assign(rows[_PATIENT], {"train": _TRAIN_OF_TRAIN_VAL, "val": 1 - _TRAIN_OF_TRAIN_VAL})
    in_test = rows[_IMAGE].isin(test)
    both = test & train_val
    if both:
        raise BenchError(
            f"{len(both):,} images are on both {_TRAIN_VAL_LIST} and {_TEST_LIST} of {root}, the first"
            f" being {min(both)}. Take them off one list, or take task.split=hash without the lists."
        )
    return carved.where(rows[_IMAGE].isin(train_val)).mask(in_test, "test")


DATASET = Dataset(
    name="nih_cxr14",
    summary="112,120 frontal radiographs of 30,805 patients; sex and age, no race; labels mined from reports; official"
    " split in train_val_list.txt and test_list.txt",
    read=read,
    options=NihOptions,
    source="https://nihcc.app.box.com/v/ChestXray-NIHCC",
    licence="no restriction; the NIH Clinical Center is to be named as the source",
)
