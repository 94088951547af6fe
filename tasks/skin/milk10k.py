"""MILK10k (ISIC, 2025): a dermoscopic and a clinical photograph of 5,240 lesions, with skin tone.

Checked on the whole real tables and all 10,480 images (shrunk to 112 px): columns, codes and classes, and what is
decoded. Five photographs stand there twice, each under two lesions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from bench.data.tables import Rows, files_below, find_one, map_values, numbers, read_table, whole_numbers
from bench.errors import BenchError
from bench.task import Dataset, Options, Reading, require_root

from . import _steps

_METADATA, _TRUTH = "MILK10k_Training_Metadata.csv", "MILK10k_Training_GroundTruth.csv"
_COLUMNS = ("isic_id", "lesion_id", "image_type", "age_approx", "sex", "skin_tone_class", "site")
_FOLDERS = ("images", "MILK10k_Training_Input", "MILK10k_Training_Input/*")

_MALIGNANT = ("AKIEC", "BCC", "MAL_OTH", "MEL", "SCCKA")
_CLASSES = (*_MALIGNANT, "BEN_OTH", "BKL", "DF", "INF", "NV", "VASC")
_TYPES = {"clinical: close-up": "clinical", "dermoscopic": "dermoscopic"}
#: 0 is the darkest, 5 the lightest. Of 0 there are 6 lesions and of 1 there are 105, too few for a test set's group.
_TONES = {"0": "0-1", "1": "0-1", "2": "2", "3": "3", "4": "4", "5": "5"}
_GROUPS = {"0-1": "dark", "2": "dark", "3": "medium", "4": "light", "5": "light"}


class MilkOptions(Options):
    """What can be set on MILK10k."""

    image_type: Literal["dermoscopic", "clinical", "both"] = "dermoscopic"


def read(root: Path | None, options: MilkOptions) -> Reading:
    """The images of one kind, or both, whose lesion has a diagnosis.

    The set names no patient: ``patient`` is the lesion, so that its two photographs stay in one split, and two lesions
    of one person may not. ``skin_tone`` is dark for the classes 0 to 2, medium for 3, light for 4 and 5; ``tone`` keeps
    the classes apart, but for 0 and 1. Counted and left out are repeated rows, rows without an image, lesion or kind,
    images of the other kind, lesions without a diagnosis, and images that are not on disk.

    Args:
        root: the folder that holds ``MILK10k_Training_Metadata.csv``, ``MILK10k_Training_GroundTruth.csv`` and the
            images, as ``images/<isic_id>.jpg`` or ``MILK10k_Training_Input/<lesion_id>/<isic_id>.jpg``.
        options: which kind of image.

    Raises:
        BenchError: for a table or column that is lacking, a value that is none of the set's, a lesion with no or
            several classes, or a folder without any of the images.
    """
    root = require_root(root, "milk10k")
    file = find_one(root, [_METADATA], "the table of images")
    malignant = _diagnoses(find_one(root, [_TRUTH], "the table of diagnoses"))
    rows = Rows(read_table(file, _COLUMNS))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing(["isic_id", "lesion_id", "image_type"], "image, lesion or image type")
    view = map_values(rows.table["image_type"], _TYPES, (), f"Column 'image_type' of {file}")
    if options.image_type != "both":
        rows.leave_out(view != options.image_type, f"image type other than {options.image_type}")
    rows.leave_out(~rows.table["lesion_id"].isin(malignant.index), "lesion without a diagnosis")
    paths = (rows.table["isic_id"] + ".jpg").map(files_below(root, _FOLDERS))
    rows.leave_out_files(root, paths, f"They are looked for in {', '.join(_FOLDERS)}.")
    _steps.each_its_own(rows, "lesion")
    table = rows.table
    tone = map_values(whole_numbers(table["skin_tone_class"]), _TONES, (), f"Column 'skin_tone_class' of {file}")
    return rows.reading(
        {
            "image": paths,
            "patient": table["lesion_id"],
            "study": table["lesion_id"],
            "malignant": table["lesion_id"].map(malignant),
            "skin_tone": tone.map(_GROUPS),
            "tone": tone,
            "sex": _steps.sex(table["sex"], file),
            "age": numbers(rows, "age", table["age_approx"]),
            "view": view,
            "body_site": table["site"],
        }
    )


def _diagnoses(file: Path) -> pd.Series:
    """Whether each lesion is malignant, 1 or 0, by lesion."""
    table = read_table(file, ["lesion_id", *_CLASSES]).drop_duplicates()
    classes = table[list(_CLASSES)].apply(
        lambda column: map_values(whole_numbers(column), {"0": 0.0, "1": 1.0}, (), f"Column {column.name!r} of {file}")
    )
    several = table["lesion_id"].duplicated(keep=False) | (classes.sum(axis=1) != 1)
    if several.any():
        raise BenchError(
            f"{file} gives {int(several.sum()):,} rows no class or more than one, the first being lesion"
            f" {table['lesion_id'][several].iloc[0]!r}. Each lesion has one class: download the table again."
        )
    return classes[list(_MALIGNANT)].max(axis=1).astype(float).set_axis(table["lesion_id"])


DATASET = Dataset(
    name="milk10k",
    summary="10,480 dermoscopic and clinical photographs of 5,240 lesions; skin tone, sex and age; no patient ids:"
    " split by lesion",
    read=read,
    options=MilkOptions,
    source="https://doi.org/10.34970/648456",
    licence="CC BY-NC 4.0",
)
