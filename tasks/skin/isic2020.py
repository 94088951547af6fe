"""ISIC 2020 (Rotemberg et al., Scientific Data 2021): dermoscopic images by patient, with sex and age.

Not run on the real tables: columns and file names are those of the challenge's pages and of public readers of the set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bench.data.tables import Rows, files_below, find_one, map_values, numbers, read_table, whole_numbers
from bench.task import Dataset, Options, Reading, require_root

from . import _steps

_TABLES = ("ISIC_2020_Training_GroundTruth_v2.csv", "ISIC_2020_Training_GroundTruth.csv", "train.csv")
_DUPLICATES = "ISIC_2020_Training_Duplicates.csv"
_SITE = "anatom_site_general_challenge"
_COLUMNS = ("image_name", "patient_id", "sex", "age_approx", "target")
_FOLDERS = ("train", "jpeg/train", "ISIC_2020_Training_JPEG/train", "images")


def read(root: Path | None, options: Options) -> Reading:
    """Every image once: of each set of duplicates that the organizers list, the first by name stays.

    Duplicates stand under several patients, so that both would leak from training to test. Counted and left out are
    they, repeated rows, rows without an image, patient or label, and images that are not on disk.

    Args:
        root: the folder that holds ``ISIC_2020_Training_GroundTruth_v2.csv`` (or the first version, or Kaggle's
            ``train.csv``), ``ISIC_2020_Training_Duplicates.csv`` and the JPEG images below ``train/`` or
            ``jpeg/train/``.
        options: none.

    Raises:
        BenchError: for a table or column that is lacking, a value that is none of the set's, or a folder without any of
            the images.
    """
    root = require_root(root, "isic2020")
    file = find_one(root, _TABLES, "the table of ISIC 2020")
    pairs = find_one(root, [_DUPLICATES], "the list of duplicates, which is a download of its own at ISIC")
    rows = Rows(read_table(file, _COLUMNS, optional=[_SITE]))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing(["image_name", "patient_id", "target"], "image, patient or label")
    surplus = _surplus(read_table(pairs, ["image_name_1", "image_name_2"]).dropna())
    rows.leave_out(rows.table["image_name"].isin(surplus), "duplicate of another image")
    paths = (rows.table["image_name"] + ".jpg").map(files_below(root, _FOLDERS))
    rows.leave_out_files(root, paths, f"They are looked for in {', '.join(_FOLDERS)}.")
    table = rows.table
    labels = {"0": 0.0, "1": 1.0}
    return rows.reading(
        {
            "image": paths,
            "patient": table["patient_id"],
            "malignant": map_values(whole_numbers(table["target"]), labels, (), f"Column 'target' of {file}"),
            "sex": _steps.sex(table["sex"], file),
            "age": numbers(rows, "age", table["age_approx"]),
            "view": "dermoscopic",
            "body_site": table.get(_SITE, np.nan),
        }
    )


def _surplus(pairs: pd.DataFrame) -> set[str]:
    """Every image of a set of duplicates but its first; pairs chain: of (a, b), (b, c) both b and c are surplus."""
    images, codes = np.unique(pairs.to_numpy(dtype=str), return_inverse=True)
    first, second = codes.reshape(-1, 2).T
    links = coo_array((np.ones(len(first)), (first, second)), shape=(len(images), len(images)))
    sets = pd.Series(connected_components(links, directed=False)[1])
    return set(images[sets.duplicated()])


DATASET = Dataset(
    name="isic2020",
    summary="33,126 dermoscopic images of 2,056 patients, 584 of them melanoma; sex and age, no skin tone",
    read=read,
    source="https://doi.org/10.34970/2020-ds01",
    licence="CC BY-NC 4.0",
)
