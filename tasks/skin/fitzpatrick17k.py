"""Fitzpatrick17k (Groh et al., CVPR workshops 2021): clinical photographs from two atlases, with skin type.

Not run on the real table: columns and codes are those of its repository's pages and of public readers of the set.
"""

from __future__ import annotations

from pathlib import Path

from bench.data.tables import Rows, files_below, find_one, map_values, read_table
from bench.task import Dataset, Options, Reading, require_root

from . import _steps

_COLUMNS = ("md5hash", "fitzpatrick_scale", "three_partition_label")
_FOLDERS = ("images", "data/finalfitz17k", "finalfitz17k")
_MALIGNANT = {"malignant": 1.0, "benign": 0.0, "non-neoplastic": 0.0}
_WRONG = "3 Wrongly labelled"


def read(root: Path | None, options: Options) -> Reading:
    """The images whose skin type is known.

    The set names neither patient nor lesion: every image is its own ``patient``, and views of one person may part. It
    has no sex and no age. Counted and left out are repeated rows, rows without an image or diagnosis, skin type -1
    (unknown), images that the set's dermatologists found wrongly labeled (``qc``, of a sample), and images that are not
    on disk.

    Args:
        root: the folder that holds ``fitzpatrick17k.csv`` and the images ``images/<md5hash>.jpg``.
        options: none.

    Raises:
        BenchError: for a table or column that is lacking, a value that is none of the set's, or a folder without any of
            the images.
    """
    root = require_root(root, "fitzpatrick17k")
    file = find_one(root, ["fitzpatrick17k.csv"], "the table of Fitzpatrick17k")
    rows = Rows(read_table(file, _COLUMNS, optional=["qc"]))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing(["md5hash", "three_partition_label"], "image or diagnosis")
    skin = _steps.fitzpatrick(rows.table["fitzpatrick_scale"], ("-1",), file)
    rows.leave_out(skin["skin_tone"].isna(), "skin type unknown")
    if "qc" in rows.table:
        rows.leave_out(rows.table["qc"] == _WRONG, "wrongly labeled (qc)")
    paths = (rows.table["md5hash"] + ".jpg").map(files_below(root, _FOLDERS))
    rows.leave_out_files(root, paths, f"They are looked for in {', '.join(_FOLDERS)}.")
    _steps.each_its_own(rows, "image")
    table = rows.table
    where = f"Column 'three_partition_label' of {file}"
    return rows.reading(
        {
            "image": paths,
            "patient": table["md5hash"],
            "study": table["md5hash"],
            "malignant": map_values(table["three_partition_label"], _MALIGNANT, (), where),
            **skin,
            "view": "clinical",
        }
    )


DATASET = Dataset(
    name="fitzpatrick17k",
    summary="16,577 clinical photographs from two atlases, addresses of which are listed; Fitzpatrick skin type; no"
    " patient ids, sex or age: split by image",
    read=read,
    source="https://github.com/mattgroh/fitzpatrick17k",
    licence="table CC BY-NC-SA 3.0; the images are the atlases'",
)
