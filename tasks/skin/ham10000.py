"""HAM10000 (Tschandl et al., Scientific Data 2018): dermoscopic images with sex and age, without skin tone.

Not run on the real table: columns and codes are those of the paper and of public readers of the set.
"""

from __future__ import annotations

from pathlib import Path

from bench.data.tables import Rows, files_below, find_one, map_values, numbers, read_table
from bench.task import Dataset, Options, Reading, require_root

from . import _steps

_TABLES = ("HAM10000_metadata.csv", "HAM10000_metadata")
_COLUMNS = ("image_id", "lesion_id", "dx", "age", "sex", "localization")
_FOLDERS = ("HAM10000_images_part_1", "HAM10000_images_part_2", "images")
#: akiec joins actinic keratoses and Bowen's disease, a carcinoma in situ, and is counted as malignant.
_MALIGNANT = {"akiec": 1.0, "bcc": 1.0, "mel": 1.0, "bkl": 0.0, "df": 0.0, "nv": 0.0, "vasc": 0.0}


def read(root: Path | None, options: Options) -> Reading:
    """Every image of the table that is on disk.

    The set names no patient: ``patient`` is the lesion, of which there may be several images. Counted and left out are
    repeated rows, rows without an image, lesion or diagnosis, and images that are not on disk.

    Args:
        root: the folder that holds ``HAM10000_metadata.csv`` (or ``HAM10000_metadata``) and the images below
            ``HAM10000_images_part_1/`` and ``HAM10000_images_part_2/``, or ``images/``.
        options: none.

    Raises:
        BenchError: for a table or column that is lacking, a diagnosis or sex of another name, or a folder without any
            of the images.
    """
    root = require_root(root, "ham10000")
    file = find_one(root, _TABLES, "the table of HAM10000")
    rows = Rows(read_table(file, _COLUMNS))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing(["image_id", "lesion_id", "dx"], "image, lesion or diagnosis")
    paths = (rows.table["image_id"] + ".jpg").map(files_below(root, _FOLDERS))
    rows.leave_out_files(root, paths, f"They are looked for in {', '.join(_FOLDERS)}.")
    _steps.each_its_own(rows, "lesion")
    table = rows.table
    return rows.reading(
        {
            "image": paths,
            "patient": table["lesion_id"],
            "study": table["lesion_id"],
            "malignant": map_values(table["dx"], _MALIGNANT, (), f"Column 'dx' of {file}"),
            "sex": _steps.sex(table["sex"], file),
            "age": numbers(rows, "age", table["age"]),
            "view": "dermoscopic",
            "body_site": table["localization"],
        }
    )


DATASET = Dataset(
    name="ham10000",
    summary="10,015 dermoscopic images of 7,470 lesions; sex and age, no skin tone; no patient ids: split by lesion",
    read=read,
    source="https://doi.org/10.7910/DVN/DBW86T",
    licence="CC BY-NC 4.0",
)
