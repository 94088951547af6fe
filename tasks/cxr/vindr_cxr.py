"""VinDr-CXR (Nguyen et al., Scientific Data 2022): sex, sparsely age, no race, and no patient ids. DICOM.

Not run on the real tables, which need credentials: columns, readers' rows and DICOM tags are those of the paper and of
public readers of the set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.cohorts import splits
from bench.data.pixels.dicom_tags import read_tags
from bench.data.tables import Rows, files_below, find_one, map_values, read_table
from bench.task import Dataset, Options, Reading, require_root

_IMAGE, _READER = "image_id", "rad_id"
_TARGETS = {
    "effusion": "Pleural effusion",
    "cardiomegaly": "Cardiomegaly",
    "opacity": "Lung Opacity",
    "pneumothorax": "Pneumothorax",
    "nodule": "Nodule/Mass",
    "no_finding": "No finding",
}
_PARTS = ("train", "test")
_SUFFIXES = (".dicom", ".dcm", ".png", ".jpg")
_SAME_PATIENT = "patient unknown (kept; each image counts as a patient of its own)"


def read(root: Path | None, options: Options) -> Reading:
    """One row an image; all are frontal (PA).

    Three radiologists read each image of the training part, a row each: a finding is present where most of them say so,
    unknown where as many say no. Their rows become one before anything is split, so that rows in are images, not
    readers' rows (``Reading.rows``); beside them count rows that repeat another to the letter or name no image, which
    are left out. The test part holds one row an image, the consensus of five. The official split keeps the test part
    and takes validation images from the training part by their hash.

    The set says of no image whose it is, so **every image counts as a patient**: two images of one patient may stand on
    both sides of a split, and intervals are narrower than they would be by patient. The count of images says so.

    Sex and age stand in the DICOM headers only, of which these two tags are read; most ages are blank or 0, which is
    unknown here, as is sex other than M and F. Images that were converted to PNG have neither.

    Args:
        root: the folder of ``annotations/image_labels_train.csv`` and ``image_labels_test.csv``; the images below it as
            ``train/<image_id>.dicom`` and ``test/<image_id>.dicom`` (or ``.dcm``, ``.png``, ``.jpg``).
        options: none.

    Raises:
        BenchError: for a table or column that is lacking, a label other than 0 and 1, or a folder without images.
    """
    root = require_root(root, "vindr_cxr")
    rows = Rows(pd.concat([_labels(root, part) for part in _PARTS], ignore_index=True))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing([_IMAGE], "image name")
    key = [_IMAGE, "part"]
    votes = rows.table.groupby(key)[list(_TARGETS)].mean()
    rows.merge(key)
    on_disk = {part: files_below(root, [part]) for part in _PARTS}
    paths = pd.Series(
        [_path(on_disk[part], part, image) for image, part in zip(rows.table[_IMAGE], rows.table["part"], strict=True)],
        index=rows.table.index, dtype=object,
    )  # fmt: skip
    rows.leave_out_files(root, paths, f"They are looked for as train/<image_id>{' or '.join(_SUFFIXES)}.")

    table = rows.table
    shares = votes.loc[pd.MultiIndex.from_frame(table[key])].set_index(table.index)
    for target in _TARGETS:
        rows.note(shares[target] == 0.5, f"{target} set to unknown (readers divided)")
    rows.note(pd.Series(True, index=table.index), _SAME_PATIENT)
    header = read_tags(root, paths[table.index], ["PatientSex", "PatientAge"])
    return rows.reading(
        {
            "image": paths[table.index],
            "patient": table[_IMAGE],
            "study": table[_IMAGE],
            **{target: _majority(shares[target]) for target in _TARGETS},
            "sex": header["PatientSex"].where(header["PatientSex"].isin(["F", "M"]), np.nan),
            "age": _years(header["PatientAge"]),
            "view": "PA",
            "split": splits.train_or_val(table[_IMAGE]).mask(table["part"] == "test", "test"),
        }
    )


def _labels(root: Path, part: str) -> pd.DataFrame:
    """A part's rows as they stand: image, reader (none in the test part) and the targets, 1 or 0."""
    name = f"image_labels_{part}.csv"
    file = find_one(root, (name,), f"the labels of the {part} part of VinDr-CXR", ("annotations", "."))
    reader = [_READER] if part == "train" else []
    table = read_table(file, [_IMAGE, *reader, *_TARGETS.values()])
    values = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0}
    found = {
        target: map_values(table[column], values, (), f"Column {column!r} of {file}").astype(float)
        for target, column in _TARGETS.items()
    }
    return table[[_IMAGE, *reader]].assign(part=part, **found)


def _path(on_disk: dict[str, str], part: str, image: str) -> str:
    there = (on_disk[image + suffix] for suffix in _SUFFIXES if image + suffix in on_disk)
    return next(there, f"{part}/{image}{_SUFFIXES[0]}")


def _majority(share: pd.Series) -> pd.Series:
    """1 where more than half of the readers see it, 0 where fewer do, NaN where they are divided or none says."""
    return (share > 0.5).astype(float).mask(share.isna() | (share == 0.5))


def _years(ages: pd.Series) -> pd.Series:
    """Years from DICOM's ``058Y``; blank, 0 and months are unknown, 0 standing for a value that was taken out."""
    years = ages.str.extract(r"^(\d{1,3})Y?$")[0].astype(float)
    return years.where(years > 0)


DATASET = Dataset(
    name="vindr_cxr",
    summary="18,000 PA radiographs; sex and some ages from DICOM, no race; labels by radiologists; NO PATIENT IDS: each"
    " image counts as a patient; official test part",
    read=read,
    source="https://physionet.org/content/vindr-cxr/",
    licence="PhysioNet Credentialed Health Data License 1.5.0",
)
