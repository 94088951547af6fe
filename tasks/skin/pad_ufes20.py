"""PAD-UFES-20 (Pacheco et al., Data in Brief 2020): smartphone photographs with Fitzpatrick skin type.

Not run on the real table: its columns and codes are those of the paper, and the counts named here are of the complete
set as published (2,298 images of 1,373 patients, 1,494 of which record sex and skin type).
"""

from __future__ import annotations

from pathlib import Path

from bench.data.tables import Rows, files_below, find_one, map_values, numbers, read_table
from bench.task import Dataset, Options, Reading, require_root

from . import _steps

_COLUMNS = ("img_id", "patient_id", "lesion_id", "diagnostic", "gender", "age", "fitspatrick", "region")
_FOLDERS = ("images", "imgs_part_*", "imgs_part_*/imgs_part_*", "images/imgs_part_*")
#: SCC includes Bowen's disease; actinic keratoses (ACK) stand by themselves here and are benign.
_MALIGNANT = {"BCC": 1.0, "MEL": 1.0, "SCC": 1.0, "ACK": 0.0, "NEV": 0.0, "SEK": 0.0}


def read(root: Path | None, options: Options) -> Reading:
    """The images of the patients whose sex and skin type are recorded.

    Both are missing only for lesions that were not biopsied, every one of them benign: with those rows, that a value is
    missing would give the label away. They are counted and left out, as are repeated rows, rows without an image,
    patient or diagnosis, and images that are not on disk. Whether there was a biopsy is not asked: 152 lesions without
    one do record both (105 ACK, 32 SEK, 15 NEV), and are read.

    Of dark skin there are 73 images of 43 patients, too few to be read in each split: light and medium are compared
    unless ``task.groups`` says otherwise. All three are scored where a network trained elsewhere is tested on the set.

    Args:
        root: the folder that holds ``metadata.csv`` and the images, below ``images/`` or ``imgs_part_1/`` ….
        options: none.

    Raises:
        BenchError: for a table or column that is lacking, a value that is none of the set's, or a folder without any of
            the images.
    """
    root = require_root(root, "pad_ufes20")
    file = find_one(root, ["metadata.csv"], "the table of PAD-UFES-20")
    rows = Rows(read_table(file, _COLUMNS))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing(["img_id", "patient_id", "diagnostic"], "image, patient or diagnosis")
    rows.leave_out_missing(["gender", "fitspatrick"], "sex or skin type")
    paths = rows.table["img_id"].map(files_below(root, _FOLDERS))
    rows.leave_out_files(root, paths, f"They are looked for in {', '.join(_FOLDERS)}.")
    table = rows.table
    return rows.reading(
        {
            "image": paths,
            "patient": table["patient_id"],
            "study": table["patient_id"] + "-" + table["lesion_id"].fillna("?"),
            "malignant": map_values(table["diagnostic"], _MALIGNANT, (), f"Column 'diagnostic' of {file}"),
            **_steps.fitzpatrick(table["fitspatrick"], (), file),
            "sex": _steps.sex(table["gender"], file),
            "age": numbers(rows, "age", table["age"]),
            "view": "clinical",
            "body_site": table["region"],
        }
    )


DATASET = Dataset(
    name="pad_ufes20",
    summary="2,298 smartphone photographs of 1,373 patients, 1,494 of which record sex and skin type and are read;"
    " Fitzpatrick skin type, sex and age; of dark skin too few to be scored: light and medium by default",
    read=read,
    groups={"skin_tone": ("medium", "light")},
    source="https://doi.org/10.17632/zr7vgbcyr2.1",
    licence="CC BY 4.0",
)
