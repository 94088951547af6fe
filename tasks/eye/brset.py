"""BRSET (Nakayama et al., PhysioNet 2023): 16,266 fundus photographs of 8,524 Brazilian patients.

Not run on the real table, which needs credentials: columns and codes are those that its pages at PhysioNet and its
authors' own code name, and the counts named here (5,445 blank ages, 1,987 images of inadequate quality) are as
published.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from bench.data.tables import Rows, files_below, find_one, map_values, numbers, read_table, whole_numbers
from bench.errors import BenchError
from bench.task import Dataset, Options, Reading, require_root

_TABLES = ("labels_brset.csv", "labels.csv")
_FOLDERS = ("fundus_photos", "images")
_OWN = ("image_id", "patient_id", "patient_age", "patient_sex", "DR_ICDR")
_QUALITY, _EYE = "quality", "exam_eye"
_FINDINGS = (
    "macular_edema", "scar", "nevus", "amd", "vascular_occlusion", "hypertensive_retinopathy", "hemorrhage",
    "retinal_detachment", "myopic_fundus", "increased_cup_disc", "other",
)  # fmt: skip
#: Renamed in version 1.0.2.
_DRUSEN = ("drusens", "drusen")
#: International Clinical Diabetic Retinopathy scale: 0 is none, 1 to 4 mild to proliferative.
_RETINOPATHY = {"0": 0.0, "1": 1.0, "2": 1.0, "3": 1.0, "4": 1.0}
_EYES = {"1": "R", "2": "L"}
_QUALITIES = {"Adequate": "adequate", "Inadequate": "inadequate"}
_TARGETS = ("diabetic_retinopathy", "amd", "hypertensive_retinopathy", "myopia", "no_finding")


class BrsetOptions(Options):
    """What can be set on BRSET."""

    #: "adequate" leaves out the images whose quality the graders call inadequate; "all" keeps them.
    quality: Literal["adequate", "all"] = "adequate"


def read(root: Path | None, options: BrsetOptions) -> Reading:
    """Every image of the table that is on disk and of adequate quality.

    Images of inadequate quality (focus, illumination, field or artifacts) are left out and counted, unless
    ``quality`` is "all"; those whose quality is blank stay and are counted. ``eye`` is R or L, from ``exam_eye``.

    ``diabetic_retinopathy`` is grade 1 or more on the ICDR scale (``DR_ICDR``). ``no_finding`` is an image with grade 0
    and none of the twelve other findings; it is unknown where one of them is. An increased cup-to-disc ratio is a sign
    and no diagnosis of glaucoma, so that the set has no such target. Counted and left out are, besides, repeated rows,
    rows without an image or patient, and images that are not on disk. A blank age is unknown.

    Args:
        root: the folder that holds ``labels_brset.csv`` (or ``labels.csv``) and ``fundus_photos/<image_id>.jpg``.
        options: which quality.

    Raises:
        BenchError: for a table or column that is lacking, a value that is none of the set's, or a folder without any of
            the images.
    """
    root = require_root(root, "brset")
    file = find_one(root, _TABLES, "the table of BRSET")
    wanted = [*_OWN, *_FINDINGS, *([_QUALITY] if options.quality == "adequate" else [])]
    rows = Rows(read_table(file, wanted, optional=[*_DRUSEN, "camera", _EYE]))
    drusen = next((name for name in _DRUSEN if name in rows.table), None)
    if drusen is None:
        raise BenchError(f"{file} lacks the column 'drusens' ('drusen' since version 1.0.2), without which nothing says"
                         " that an eye is healthy.")  # fmt: skip
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing(["image_id", "patient_id"], "image or patient")
    if options.quality == "adequate":
        quality = map_values(rows.table[_QUALITY], _QUALITIES, (), f"Column {_QUALITY!r} of {file}")
        rows.leave_out(quality == "inadequate", "quality inadequate")
    paths = (rows.table["image_id"].str.removesuffix(".jpg") + ".jpg").map(files_below(root, _FOLDERS))
    rows.leave_out_files(root, paths, f"They are looked for in {', '.join(_FOLDERS)}.")
    if options.quality == "adequate":
        rows.note(rows.table[_QUALITY].isna(), "quality unknown (kept)")
    table = rows.table.apply(whole_numbers)
    retinopathy = map_values(table["DR_ICDR"], _RETINOPATHY, (), f"Column 'DR_ICDR' of {file}").astype(float)
    findings = table[[*_FINDINGS, drusen]].apply(
        lambda column: map_values(column, {"0": 0.0, "1": 1.0}, (), f"Column {column.name!r} of {file}").astype(float)
    )
    ill = findings.assign(retinopathy=retinopathy)
    return rows.reading(
        {
            "image": paths,
            "patient": table["patient_id"],
            "diabetic_retinopathy": retinopathy,
            "amd": findings["amd"],
            "hypertensive_retinopathy": findings["hypertensive_retinopathy"],
            "myopia": findings["myopic_fundus"],
            # Ill with any finding that is known; healthy only where all are known.
            "no_finding": (ill.max(axis=1) == 0).astype(float).mask(ill.isna().any(axis=1) & (ill.max(axis=1) != 1)),
            "sex": map_values(table["patient_sex"], {"1": "M", "2": "F"}, (), f"Column 'patient_sex' of {file}"),
            "age": numbers(rows, "age", table["patient_age"]),
            "eye": map_values(table[_EYE], _EYES, (), f"Column {_EYE!r} of {file}") if _EYE in table else np.nan,
            "camera": table.get("camera", np.nan),
        }
    )


DATASET = Dataset(
    name="brset",
    summary="16,266 fundus photographs of 8,524 patients of two Brazilian clinics; sex and age, no race",
    read=read,
    options=BrsetOptions,
    targets=_TARGETS,
    source="https://physionet.org/content/brazilian-ophthalmological",
    licence="PhysioNet Credentialed Health Data License 1.5.0",
)
