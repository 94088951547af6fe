"""PadChest (Bustos et al., Medical Image Analysis 2020): sex and age, no race. 16-bit PNG.

Checked on the whole real table (1 February 2019: 160,861 rows of 67,625 patients): its columns, and every word of sex,
projection and labels. Not checked on real files: where the images lie, and what is in them.
"""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np

from bench.data.tables import Rows, files_below, find_one, map_values, numbers, read_table
from bench.task import Dataset, Reading, require_root

from ._chest import VIEWS, ChestOptions

_NAME = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19"
_TABLES = (f"{_NAME}.csv.gz", f"{_NAME}.csv")
_IMAGE, _STUDY, _PATIENT, _LABELS = "ImageID", "StudyID", "PatientID", "Labels"
_BORN, _SEX, _PROJECTION, _DATE = "PatientBirth", "PatientSex_DICOM", "Projection", "StudyDate_DICOM"
_COLUMNS = (_IMAGE, _STUDY, _PATIENT, _BORN, _SEX, _PROJECTION, _LABELS, _DATE)
_MAKER = "Manufacturer_DICOM"
#: The archives 0.zip to 54.zip unpacked side by side, or all images in one folder.
_FOLDERS = (".", "[0-9]", "[0-9][0-9]", "images", "images-224", "images/[0-9]", "images/[0-9][0-9]")
_VIEWS = {"PA": "PA", "AP": "AP", "AP_horizontal": "AP"}
#: Of the real table: O of 18 images, the word "nan" of 4; the others are of other copies.
_UNKNOWN_SEX = ("O", "U", "None", "nan")

#: Whole labels, as they stand in the tree of findings (Bustos et al., appendix): a finding and all that lies below it.
_ATELECTASIS = frozenset({
    "atelectasis", "atelectasis basal", "laminar atelectasis", "lobar atelectasis", "round atelectasis",
    "segmental atelectasis", "total atelectasis",
})  # fmt: skip
_INFILTRATES = frozenset({
    "infiltrates", "air bronchogram", "alveolar pattern", "consolidation", "ground glass pattern",
    "interstitial pattern", "miliary opacities", "reticular interstitial pattern",
    "reticulonodular interstitial pattern",
})  # fmt: skip
#: A "mass" alone may be of the breast or the mediastinum, and a "pseudonodule" is a nipple or a vessel seen end on.
_NODULE = frozenset({"nodule", "multiple nodules", "pulmonary mass"})
_TARGETS = {
    "effusion": frozenset({
        "pleural effusion", "loculated pleural effusion", "loculated fissural effusion", "hydropneumothorax", "empyema",
        "hemothorax",
    }),
    "cardiomegaly": frozenset({"cardiomegaly"}),
    # "Lung Opacity" of CheXpert's hierarchy: edema, consolidation, pneumonia, lung lesion, atelectasis, and the rest.
    "opacity": _ATELECTASIS | _INFILTRATES | _NODULE | {
        "pneumonia", "atypical pneumonia", "pulmonary edema", "increased density",
    },
    "pneumothorax": frozenset({"pneumothorax", "hydropneumothorax"}),
    "nodule": _NODULE,
    "no_finding": frozenset({"normal"}),
}  # fmt: skip
#: Labels that name no finding: as before, or not to be judged.
_SILENT = frozenset({"", "unchanged", "suboptimal study"})
_EXCLUDE = "exclude"


def read(root: Path | None, options: ChestOptions) -> Reading:
    """The rows of the data set's table whose image is there.

    ``Labels`` is written as a Python list, and a label counts only as a whole: "normal" is in "abnormal foreign body",
    "effusion" in "pericardial effusion". A finding that a list does not name is absent. Counted and left out are
    repeated rows, rows without an id, other views, labels that are no list, that name no finding (none, "nan",
    "unchanged", "suboptimal study") or say "exclude", and images that are not on disk. Age is the year of the study
    less that of birth; AP lying down is the view AP. Sex is M, F, or unknown (O, U, None, the word "nan" and blank).

    Args:
        root: the folder of ``PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv`` (or ``.csv.gz``), the images below
            it in ``0/`` to ``54/``, in ``images/`` or beside the table.
        options: which views.

    Raises:
        BenchError: for a folder without table or images, a table that cannot be read or lacks a column, or a sex of
            another name.
    """
    root = require_root(root, "padchest")
    file = find_one(root, _TABLES, "the table of PadChest")
    rows = Rows(read_table(file, _COLUMNS, optional=[_MAKER]))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing([_IMAGE, _PATIENT], "image name or patient")
    view = rows.table[_PROJECTION].map(_VIEWS)
    rows.leave_out(~view.isin(VIEWS[options.views]), f"view other than {' or '.join(VIEWS[options.views])}")
    listed = rows.table[_LABELS].mask(rows.table[_LABELS] == "nan")
    labels = listed.map(_names, na_action="ignore")
    rows.leave_out(listed.notna() & labels.isna(), "labels are no list")
    rows.leave_out(labels[rows.table.index].map(_says_nothing), "labels name no finding")
    rows.leave_out(labels[rows.table.index].map(lambda has: _EXCLUDE in has), f"labelled {_EXCLUDE!r}")
    on_disk = files_below(root, _FOLDERS)
    looked = f"They are looked for in {', '.join(_FOLDERS)}."
    rows.leave_out_files(root, rows.table[_IMAGE].map(on_disk), looked)

    table = rows.table
    labels = labels[table.index]
    age = numbers(rows, "age", table[_DATE]) // 10_000 - numbers(rows, "age", table[_BORN])
    columns = {
        "image": table[_IMAGE].map(on_disk),
        "patient": table[_PATIENT],
        "study": table[_STUDY],
        **{target: labels.map(lambda has, of=names: float(bool(has & of))) for target, names in _TARGETS.items()},
        "sex": map_values(table[_SEX], {"F": "F", "M": "M"}, _UNKNOWN_SEX, f"Column {_SEX!r} of {file}"),
        "age": age,
        "view": view[table.index],
    }
    return rows.reading({**columns, "scanner": table[_MAKER]} if _MAKER in table else columns)


def _names(text: str) -> frozenset[str] | float:
    """The labels of a list like ``['pleural effusion', 'cardiomegaly']``; NaN for text that is no list of words."""
    try:
        # Literals only; the text is never run.
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return np.nan
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        return np.nan
    return frozenset(" ".join(name.split()) for name in found)


def _says_nothing(labels: frozenset[str] | float) -> bool:
    return not isinstance(labels, frozenset) or labels <= _SILENT


DATASET = Dataset(
    name="padchest",
    summary="160,861 radiographs of 67,625 patients; sex and age, no race; 174 findings from reports, a quarter of them"
    " read by physicians",
    read=read,
    options=ChestOptions,
    source="https://bimcv.cipf.es/bimcv-projects/padchest/",
    licence="PadChest research use agreement",
)
