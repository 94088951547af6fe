"""ODIR-5K (Peking University, 2019): both fundi of 3,500 patients, with each eye's diagnosis in words.

Not run on the real table: columns and keywords are those of the challenge's pages and of public readers of the set.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.tables import Rows, Uncertain, files_below, find_one, map_values, numbers, read_table
from bench.task import Dataset, Options, Reading, require_root

_TABLES = ("data.xlsx", "ODIR-5K_Training_Annotations(Updated)_V2.xlsx", "full_df.csv")
_EYES = {"L": ("Left-Fundus", "Left-Diagnostic Keywords"), "R": ("Right-Fundus", "Right-Diagnostic Keywords")}
_ID, _AGE, _SEX = "ID", "Patient Age", "Patient Sex"
_FOLDERS = (
    "Training Images", "ODIR-5K_Training_Images", "ODIR-5K_Training_Dataset", "ODIR-5K/Training Images",
    "ODIR-5K/ODIR-5K/Training Images", "preprocessed_images",
)  # fmt: skip

_NORMAL = "normal fundus"
#: Images of something else; remarks on an image's quality, which are no diagnosis.
_NO_FUNDUS = frozenset({"anterior segment image", "no fundus image"})
_REMARKS = frozenset({"lens dust", "low image quality", "image offset", "optic disk photographically invisible"})
#: The whole keywords that name each disease, and the stem that every mention of it holds.
_DISEASES = {
    "diabetic_retinopathy": (
        r"((mild|moderate|severe) )?non[ -]?proliferative retinopathy|((severe )?proliferative )?diabetic retinopathy",
        r"proliferative retinopathy|diabetic",
    ),
    "glaucoma": (r"glaucoma", r"glaucoma"),
    "cataract": (r"cataract", r"cataract"),
    "amd": (r"((dry|wet) )?age[ -]related macular degeneration", r"macular degeneration"),
    "hypertensive_retinopathy": (r"hypertensive retinopathy", r"hypertensi"),
    "myopia": (r"pathological myopia|myopi[ac] retinopathy|myopic maculopathy", r"myopi"),
}


class OdirOptions(Options):
    """What can be set on ODIR-5K."""

    uncertain: Uncertain = "ignore"


def read(root: Path | None, options: OdirOptions) -> Reading:
    """Every photographed eye; its labels are its own keywords, since the set's columns N to O are the patient's.

    A keyword counts where it is the disease's name as a whole; a keyword that merely mentions it ("suspected glaucoma")
    is uncertain, which ``uncertain`` turns into 0, 1 or unknown. ``no_finding`` is an eye with "normal fundus" and no
    other finding. Rows in are eyes, two a patient. Counted and left out are eyes without an image, patient or keywords,
    those whose image shows no fundus, those with remarks on the image's quality only, and images that are not on disk.

    Args:
        root: the folder that holds ``data.xlsx`` (or ``full_df.csv``, which repeats each patient) and the images, below
            ``Training Images/`` or another of the places that copies have them in.
        options: what to make of uncertain findings.

    Raises:
        BenchError: for a table or column that is lacking, a sex of another name, or a folder without any of the images.
    """
    root = require_root(root, "odir5k")
    file = find_one(root, _TABLES, "the table of ODIR-5K", [".", "ODIR-5K", "ODIR-5K/ODIR-5K"])
    rows = Rows(_eyes(file))
    rows.leave_out_missing(["image", _ID, "keywords"], "image, patient or keywords")
    keywords = rows.table["keywords"].map(_split)
    rows.leave_out(keywords.map(lambda has: not has.isdisjoint(_NO_FUNDUS)), "image of no fundus")
    findings = keywords[rows.table.index].map(lambda has: has - _REMARKS)
    rows.leave_out(findings.map(len) == 0, "no diagnosis, only remarks on the image")
    paths = rows.table["image"].map(files_below(root, _FOLDERS))
    rows.leave_out_files(root, paths, f"They are looked for in {', '.join(_FOLDERS)}.")
    table, findings = rows.table, findings[rows.table.index]
    doubt = {"zeros": 0.0, "ones": 1.0, "ignore": np.nan}[options.uncertain]
    return rows.reading(
        {
            "image": paths,
            "patient": table[_ID],
            "study": table[_ID],
            **{name: findings.map(lambda has, of=name: _label(has, of, doubt)) for name in _DISEASES},
            "no_finding": findings.map(lambda has: float(has == {_NORMAL})),
            "sex": map_values(table[_SEX], {"Male": "M", "Female": "F"}, (), f"Column {_SEX!r} of {file}"),
            "age": numbers(rows, "age", table[_AGE]),
            "eye": table["eye"],
        }
    )


def _eyes(file: Path) -> pd.DataFrame:
    """The table with one row an eye instead of one a patient."""
    own = [_ID, _AGE, _SEX]
    patients = read_table(file, [*own, *(name for names in _EYES.values() for name in names)]).drop_duplicates()
    eyes = [
        patients[[*own, image, keywords]].set_axis([*own, "image", "keywords"], axis=1).assign(eye=eye)
        for eye, (image, keywords) in _EYES.items()
    ]
    return pd.concat(eyes, ignore_index=True)


def _split(keywords: str) -> frozenset[str]:
    """Keywords are parted by commas, most of them full-width ones."""
    words = (" ".join(word.split()).lower() for word in re.split(r"[,，]", keywords))
    return frozenset(word for word in words if word)


def _label(findings: frozenset[str], disease: str, doubt: float) -> float:
    whole, stem = _DISEASES[disease]
    if any(re.fullmatch(whole, word) for word in findings):
        return 1.0
    return doubt if any(re.search(stem, word) for word in findings) else 0.0


DATASET = Dataset(
    name="odir5k",
    summary="7,000 fundus photographs of 3,500 patients; sex and age, no race; labels from each eye's keywords",
    read=read,
    options=OdirOptions,
    source="https://odir2019.grand-challenge.org",
    licence="for research, by the challenge's rules",
)
