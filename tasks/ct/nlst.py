"""National Lung Screening Trial (NLST, NEJM 2011): low-dose CT of smokers, up to three yearly screens a participant.

Not run on the real tables, which are had on request: columns and codes are those of the data dictionary and of public
readers of the trial, and the names of folders those of the archive's downloads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from bench.data.tables import Rows, find_one, map_values, numbers, only_groups, read_table, whole_numbers
from bench.errors import BenchError
from bench.task import Dataset, Options, Reading, require_root

from . import ChestCT

_TABLES = ("nlst_780_prsn*.csv", "nlst_*prsn*.csv", "participant_*.csv")
_OWN = ("pid", "race", "gender", "age", "can_scr", "candx_days")
_EXAMS = (0, 1, 2)
_COLLECTIONS = ("NLST", "manifest*/NLST")

_RACES = {
    "1": "White", "2": "Black", "3": "Asian", "4": "American Indian or Alaska Native",
    "5": "Native Hawaiian or Other Pacific Islander", "6": "more than one",
}  # fmt: skip
_UNKNOWN_RACE = ("7", "95", "96", "97", "98", "99")
#: 1 to 3 are negative screens, 1 of them without any significant abnormality; 4 to 6 are positive.
_RESULTS = {str(code): float(code) for code in range(1, 7)}
#: Inadequate image, refused, died, wrong screen, form not submitted …
_NO_RESULT = ("10", "11", "13", "14", "15", "17", "23", "24", "95", "97")
#: No lung cancer; one after a positive, a negative, a missed screen, or after screening ended.
_CANCERS = {str(code): float(code) for code in range(5)}
_AFTER_DIAGNOSIS = ".E"
_YEAR = 365


class NlstOptions(Options):
    """What can be set on NLST."""

    slices: Literal["middle", "every_n", "all"] = "every_n"
    every_n: int = Field(10, ge=2, le=100, description="with slices=every_n")


@dataclass(frozen=True)
class _Series:
    """A series of slices on disk, in the order of the numbers in their names."""

    participant: str
    #: Participant and name of the study's folder.
    study: str
    #: 0, 1 or 2; None where the study's folder names no year.
    exam: int | None
    slices: tuple[str, ...]


def read(root: Path | None, options: NlstOptions) -> Reading:
    """Slices of every exam, by default each tenth of its series, with labels of the whole exam.

    ``cancer``: lung cancer diagnosed within 365 days after the scan (``candx_days - scr_daysN``); 0 where ``can_scr``
    says that there never was one or it came later, unknown where the table contradicts itself or, with ``fup_days``,
    where the participant was followed for less than a year. ``suspicious``: a positive screen (result 4 to 6).
    ``no_finding``: a screen without significant abnormality (result 1). The age is that at the exam.

    ``image`` is a slice and ``study`` the exam, so that the mean over the slices of a study scores it as a whole. The
    exam is told by the year in the name of the study's folder: dates were shifted so that the first screen is of 1999.
    Of several series of an exam the one with most slices is taken, which leaves localizers out. Rows in are all slices
    on disk, since no table of the set lists them. Counted and left out are slices of the other series, those not
    chosen, of exams without a year, of participants who are not in the table, and of scans after the diagnosis.

    Args:
        root: the folder that holds ``nlst_780_prsn*.csv`` and the DICOM series as the TCIA's downloader names them,
            ``NLST/<pid>/<MM-DD-YYYY…>/<series>/1-001.dcm``, or the same below ``manifest-…/``.
        options: which slices.

    Raises:
        BenchError: for a table, column or folder that is lacking, a code that is none of the set's, a participant
            listed twice, or no series that can be told to be an exam's.
    """
    root = require_root(root, "nlst")
    file = find_one(root, _TABLES, "the table of participants", [".", "tables"])
    people = _people(file)
    rows = _slices(root, options)
    rows.leave_out(~rows.table["pid"].isin(people.index), "participant not in the table")
    if rows.table.empty:
        raise BenchError(f"{root} holds no exam of a participant in {file.name}. Are both of the same release?")
    # Each slice's participant and exam, one row a slice.
    exam = people.loc[rows.table["pid"]].set_axis(rows.table.index)
    for own in ("scr_days", "scr_res"):
        exam[own] = np.choose(rows.table["exam"].astype(int), [exam[f"{own}{n}"] for n in _EXAMS])
    days = numbers(rows, "day of the scan", exam["scr_days"].mask(_is_code(exam["scr_days"])))
    after = (exam["scr_days"] == _AFTER_DIAGNOSIS) | (exam["candx_days"] < days)
    rows.leave_out(after, "scan after the diagnosis")
    table, exam, days = rows.table, exam[~after], days[~after]
    given = exam["scr_res"].mask(_is_code(exam["scr_res"]))
    result = map_values(given, _RESULTS, _NO_RESULT, f"One of scr_res0 to 2 of {file}").astype(float)
    return rows.reading(
        {
            "image": table["image"],
            "patient": table["pid"],
            "study": table["study"],
            "cancer": _cancer(exam, days),
            "suspicious": (result >= 4).astype(float).mask(result.isna()),
            "no_finding": (result == 1).astype(float).mask(result.isna()),
            "race": only_groups(rows, "race", exam["race"], ChestCT.attributes["race"]),
            "sex": exam["sex"],
            "age": exam["age"] + days.floordiv(_YEAR),
        }
    )


def _people(file: Path) -> pd.DataFrame:
    """The table of participants by pid, with codes as what they stand for."""
    exams = [f"{own}{exam}" for own in ("scr_days", "scr_res") for exam in _EXAMS]
    table = read_table(file, [*_OWN, *exams], optional=["fup_days"]).drop_duplicates().apply(whole_numbers)
    table = table.dropna(subset="pid").set_index("pid")
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise BenchError(f"{file} has two rows of participant {twice[0]}, which differ. Leave the right one there.")
    if "fup_days" not in table:
        table["fup_days"] = np.nan
    for name in ("candx_days", "fup_days", "age"):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    return table.assign(
        race=map_values(table["race"].mask(_is_code(table["race"])), _RACES, _UNKNOWN_RACE, f"Column 'race' of {file}"),
        can_scr=map_values(
            table["can_scr"].mask(_is_code(table["can_scr"])), _CANCERS, (), f"Column 'can_scr' of {file}"
        ).astype(float),
        sex=map_values(table["gender"], {"1": "M", "2": "F"}, (), f"Column 'gender' of {file}"),
    )


def _is_code(values: pd.Series) -> pd.Series:
    """Where SAS's missing values stand, ``.``, ``.M``, ``.N`` and the like."""
    return values.str.fullmatch(r"\.[A-Z]?", na=False)


def _cancer(exam: pd.DataFrame, days: pd.Series) -> pd.Series:
    """Lung cancer within a year of the scan: 1, 0 or NaN."""
    diagnosed, never, some = exam["candx_days"].notna(), exam["can_scr"] == 0, exam["can_scr"] > 0
    within = (exam["candx_days"] - days).between(0, _YEAR).astype(float)
    followed = ~(exam["fup_days"] - days < _YEAR)  # unknown counts as followed: not every release says
    return within.where((diagnosed & some) | (~diagnosed & never & followed)).mask(days.isna())


def _slices(root: Path, options: NlstOptions) -> Rows:
    """The chosen slices of one series an exam. The others are counted as they go by: they are millions."""
    chosen: list[tuple[str, str, str, int]] = []
    excluded = {
        "exam without a year (1999 to 2001) in its folder's name": 0,
        "slice of another series of the exam": 0,
        f"slice not chosen (slices={options.slices})": 0,
    }
    undated, other, passed = excluded
    studies: dict[str, list[_Series]] = {}
    for series in _series(root):
        studies.setdefault(series.study, []).append(series)
    for study, of_study in studies.items():
        total = sum(len(series.slices) for series in of_study)
        best = max(of_study, key=lambda series: len(series.slices))
        if best.exam is None:
            excluded[undated] += total
            continue
        taken = _choice(best.slices, options)
        excluded[other] += total - len(best.slices)
        excluded[passed] += len(best.slices) - len(taken)
        chosen += [(path, best.participant, study, best.exam) for path in taken]
    if not chosen:
        raise BenchError(
            f"{root} holds no DICOM series of a dated exam: {', '.join(_COLLECTIONS)} are to hold"
            " <pid>/<MM-DD-YYYY…>/<series>/1-001.dcm, of the years 1999 to 2001. The TCIA's downloader names folders so"
            " with the option 'Descriptive Directory Name'."
        )
    return Rows(pd.DataFrame(chosen, columns=["image", "pid", "study", "exam"]), excluded)


def _choice(slices: tuple[str, ...], options: NlstOptions) -> tuple[str, ...]:
    middle = len(slices) // 2
    if options.slices == "all":
        return slices
    if options.slices == "middle" or len(slices) <= options.every_n:
        return slices[middle : middle + 1]
    return slices[middle % options.every_n :: options.every_n]  # the middle one among them


def _series(root: Path) -> Iterator[_Series]:
    """Every series that holds DICOM files, in order of its path."""
    folders = (found for pattern in _COLLECTIONS for found in root.glob(f"{pattern}/*/*/*"))
    for folder in sorted(found for found in folders if found.is_dir()):
        names = sorted((file.name for file in folder.glob("*.dcm")), key=_numbers_in)
        if names:
            place = folder.relative_to(root)
            dated = re.match(r"\d\d-\d\d-(1999|2000|2001)\b", place.parts[-2])
            yield _Series(
                participant=place.parts[-3],
                study="/".join(place.parts[-3:-1]),
                exam=int(dated[1]) - 1999 if dated else None,
                slices=tuple(f"{place.as_posix()}/{name}" for name in names),
            )


def _numbers_in(name: str) -> tuple[list[int], str]:
    """A key under which ``1-9.dcm`` comes before ``1-10.dcm``."""
    return [int(number) for number in re.findall(r"\d+", name)], name


DATASET = Dataset(
    name="nlst",
    summary="75,000 low-dose chest CTs of 26,722 current and former smokers, by slice; race, sex and age",
    read=read,
    options=NlstOptions,
    source="https://doi.org/10.7937/TCIA.HMQ8-J677",
    licence="images CC BY 4.0; the tables by request to the NCI (cdas.cancer.gov)",
)
