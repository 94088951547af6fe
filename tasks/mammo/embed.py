"""EMBED (Jeong et al., Radiology: AI 2023): mammograms of four hospitals in Atlanta, by breast, with race.

Not run on the real tables, which are had on request: columns, codes and the words of race and of assessments are those
that the data dictionary and public readers of the tables name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from bench.data.tables import Rows, find_one, map_values, numbers, one_value, only_groups, read_table, whole_numbers
from bench.errors import BenchError
from bench.task import Dataset, Options, Reading, require_root

from . import Mammo

_CLINICAL = ("EMBED_OpenData_clinical.csv", "EMBED_OpenData_clinical_reduced.csv")
_METADATA = ("EMBED_OpenData_metadata.csv", "EMBED_OpenData_metadata_reduced.csv")
_FINDING_COLUMNS = (
    "empi_anon", "acc_anon", "study_date_anon", "desc", "asses", "tissueden", "side", "path_severity", "age_at_study",
)  # fmt: skip
_IMAGE_COLUMNS = (
    "anon_dicom_path", "empi_anon", "acc_anon", "FinalImageType", "ImageLateralityFinal", "ViewPosition", "spot_mag",
)  # fmt: skip
#: Race is in the one or the other by the release; ETHNIC_GROUP_DESC is ethnicity in both.
_RACE_COLUMNS = ("RACE_DESC", "ETHNICITY_DESC")
_RACES = {
    "Caucasian or White": "White", "African American or Black": "Black", "Asian": "Asian",
    "American Indian or Alaskan Native": "American Indian or Alaskan Native",
    "Native Hawaiian or Other Pacific Islander": "Native Hawaiian or Other Pacific Islander", "Multiple": "Multiple",
}  # fmt: skip
_UNKNOWN_RACE = ("Unknown, Unavailable or Unreported", "Not Recorded", "Patient Declines")

_IMAGE_TYPES = {"2D": ("2D",), "cview": ("cview", "C-view"), "both": ("2D", "cview", "C-view")}
#: BI-RADS 0 to 6 in EMBED's letters: additional evaluation, negative, benign, probably benign, suspicious, highly
#: suggestive of malignancy, known malignancy.
_ASSESSMENTS = {"A": 0.0, "N": 1.0, "B": 2.0, "P": 3.0, "S": 4.0, "M": 5.0, "K": 6.0}
#: No assessment was given: as if the cell were blank.
_NOT_ASSESSED = ("X",)
_SUSPICIOUS = (0.0, 4.0, 5.0, 6.0)
#: 0 invasive cancer, 1 non-invasive cancer, 2 high-risk lesion, 3 borderline, 4 benign, 5 negative, 6 no breast cancer
#: but another one, which says nothing on breast cancer.
_SEVERITIES = {str(code): float(code) for code in range(7)}
_DENSITIES = {"1": 1.0, "2": 2.0, "3": 3.0, "4": 4.0}
_MALE = "5"
_YEAR = pd.Timedelta(days=365)


class EmbedOptions(Options):
    """What can be set on EMBED."""

    exams: Literal["screening", "all"] = "screening"
    image_type: Literal["2D", "cview", "both"] = "2D"


def read(root: Path | None, options: EmbedOptions) -> Reading:
    """Images of one breast each, with the labels of that breast's findings.

    A finding belongs to an image of its exam (``acc_anon``) if it is of the same side, of both, or of none stated.

    - ``cancer``: 1 for pathology of invasive or non-invasive cancer (``path_severity`` 0 or 1) of this breast at this
      exam or at another of the patient's in the 365 days after it; 0 where there is none and, in the same time, either
      other pathology (2 to 5) or an assessment of BI-RADS 1 or 2; else unknown.
    - ``suspicious``: any finding of this exam and breast with BI-RADS 0 (recalled), 4, 5 or 6.
    - ``no_finding``: every finding of this exam and breast is BI-RADS 1.

    A finding without an assessment (blank, or "X") counts for neither; both are unknown where no finding has one.

    ``density`` is BI-RADS a to d as 1 to 4; 5 marks a male breast and is no density. Counted and left out are repeated
    rows, rows without a path, patient or exam, other image types, spot compression and magnification views, images
    whose side is neither L nor R, exams or breasts that are not in the clinical table, exams that are not for screening
    (``desc`` lacks "screen"), and images that are not on disk.

    Args:
        root: the folder that holds ``tables/EMBED_OpenData_clinical.csv``, ``tables/EMBED_OpenData_metadata.csv`` and
            the images, ``cohort_1/…`` or ``images/cohort_1/…``.
        options: which exams, which images.

    Raises:
        BenchError: for a table or column that is lacking, a value that is none of the set's, or a folder without any of
            the images.
    """
    root = require_root(root, "embed")
    findings = _findings(find_one(root, _CLINICAL, "the table of findings", ["tables", "."]))
    rows = _images(root, options)
    breasts = _breasts(findings)
    known = pd.Series(_keys(rows.table).isin(breasts.index), index=rows.table.index)
    rows.leave_out(~known, "exam or breast not in the clinical table")
    if options.exams == "screening":
        screening = set(findings["acc_anon"][findings["desc"].str.contains("screen", case=False, na=False)])
        rows.leave_out(~rows.table["acc_anon"].isin(screening), "exam not for screening")
    paths = _paths(rows.table["anon_dicom_path"], root)
    rows.leave_out_files(root, paths, "They are looked for in cohort_1, … and images/cohort_1, ….")

    table = rows.table
    breast = breasts.loc[_keys(table)].set_axis(table.index)
    race, torn = one_value(findings["race"], findings["empi_anon"])
    rows.note(table["empi_anon"].isin(torn), "race set to unknown (two recorded for the patient)")
    rows.note(breast["male"], "density set to unknown (male breast)")
    return rows.reading(
        {
            "image": paths,
            "patient": table["empi_anon"],
            "study": table["acc_anon"],
            **{target: breast[target] for target in Mammo.targets},
            "race": only_groups(rows, "race", table["empi_anon"].map(race), Mammo.attributes["race"]),
            "age": numbers(rows, "age", breast["age_at_study"]),
            "density": breast["density"],
            "view": table["ViewPosition"],
        }
    )


def _images(root: Path, options: EmbedOptions) -> Rows:
    """The rows of the table of images that are of a side, a patient and the wanted type."""
    file = find_one(root, _METADATA, "the table of images", ["tables", "."])
    rows = Rows(read_table(file, _IMAGE_COLUMNS).apply(whole_numbers))
    rows.leave_out(rows.table.duplicated(), "row repeated")
    rows.leave_out_missing(["anon_dicom_path", "empi_anon", "acc_anon"], "path, patient or exam")
    wanted = _IMAGE_TYPES[options.image_type]
    rows.leave_out(~rows.table["FinalImageType"].isin(wanted), f"image type other than {options.image_type}")
    rows.leave_out(rows.table["spot_mag"] == "1", "spot compression or magnification view")
    rows.leave_out(~rows.table["ImageLateralityFinal"].isin(["L", "R"]), "side other than L or R")
    return rows


def _findings(file: Path) -> pd.DataFrame:
    """The clinical table, one row a finding and breast: those of both breasts, or of no side stated, stand twice."""
    table = read_table(file, _FINDING_COLUMNS, optional=_RACE_COLUMNS).apply(whole_numbers)
    column = next((name for name in _RACE_COLUMNS if name in table), None)
    if column is None:
        names = " nor ".join(map(repr, _RACE_COLUMNS))
        raise BenchError(f"{file} has neither a column {names}, one of which holds race.")
    table = table.dropna(subset=["empi_anon", "acc_anon"])

    def coded(name: str, mapping: dict[str, float], unknown: tuple[str, ...] = ()) -> pd.Series:
        return map_values(table[name], mapping, unknown, f"Column {name!r} of {file}").astype(float)

    table = table.assign(
        race=map_values(table[column], _RACES, _UNKNOWN_RACE, f"Column {column!r} of {file}"),
        assessment=coded("asses", _ASSESSMENTS, _NOT_ASSESSED),
        severity=coded("path_severity", _SEVERITIES),
        male=table["tissueden"] == _MALE,
        density=coded("tissueden", {**_DENSITIES, _MALE: np.nan}),
        date=pd.to_datetime(table["study_date_anon"], errors="coerce", format="mixed"),
        side=map_values(table["side"], {"L": "L", "R": "R", "B": "B"}, (), f"Column 'side' of {file}").fillna("B"),
    )
    of_side = [table[table["side"].isin([side, "B"])].assign(breast=side) for side in ("L", "R")]
    return pd.concat(of_side, ignore_index=True)


def _breasts(findings: pd.DataFrame) -> pd.DataFrame:
    """Targets, density and age of each exam's breasts, by exam and breast."""
    by_breast = findings.groupby(["acc_anon", "breast"])
    assessed = by_breast["assessment"].count() > 0
    marks = findings.assign(
        suspicious=findings["assessment"].isin(_SUSPICIOUS),
        no_finding=(findings["assessment"] == _ASSESSMENTS["N"]) | findings["assessment"].isna(),
    ).groupby(["acc_anon", "breast"])
    densities = by_breast["density"]
    return pd.DataFrame(
        {
            "cancer": _cancer(findings),
            "suspicious": marks["suspicious"].any().astype(float).where(assessed),
            "no_finding": marks["no_finding"].all().astype(float).where(assessed),
            "density": densities.first().where(densities.nunique() == 1),
            "male": by_breast["male"].any(),
            "age_at_study": by_breast["age_at_study"].first(),
        }
    )


def _cancer(findings: pd.DataFrame) -> pd.Series:
    """Cancer of a breast at the exam or in the year after it, by exam and breast."""
    exams = findings[["acc_anon", "breast", "empi_anon", "date"]].drop_duplicates(["acc_anon", "breast"])
    pairs = exams.merge(findings, on=["empi_anon", "breast"], suffixes=("", "_later"))
    elapsed = pairs["date_later"] - pairs["date"]
    pairs = pairs[elapsed.between(pd.Timedelta(0), _YEAR) | (pairs["acc_anon"] == pairs["acc_anon_later"])]
    found = pairs["severity"].isin([0.0, 1.0])
    cleared = pairs["severity"].between(2, 5) | pairs["assessment"].isin([_ASSESSMENTS["N"], _ASSESSMENTS["B"]])
    by_breast = pairs.assign(found=found, cleared=cleared).groupby(["acc_anon", "breast"])[["found", "cleared"]].any()
    return by_breast["found"].astype(float).where(by_breast.any(axis=1))


def _keys(images: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(images[["acc_anon", "ImageLateralityFinal"]], names=["acc_anon", "breast"])


def _paths(listed: pd.Series, root: Path) -> pd.Series:
    """Paths from the root: the table's are those of the authors' disk, of which the end from ``cohort_…`` is kept."""
    ends = listed.str.extract(r"(cohort_\w+/.+)$")[0].fillna(listed.str.lstrip("/"))
    return ("images/" if (root / "images").is_dir() else "") + ends


DATASET = Dataset(
    name="embed",
    summary="480,323 mammograms of 22,382 patients, a fifth of the whole and open on request; race and density",
    read=read,
    options=EmbedOptions,
    source="https://registry.opendata.aws/emory-breast-imaging-dataset-embed",
    licence="EMBED data use agreement, for research",
)
