"""PAPILA (Kovalyk et al., Scientific Data 2022): both fundi of 244 patients, for glaucoma.

Not run on the real tables: the sheets' form and codes are those of the paper and of public readers of the set.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.data.tables import Rows, columns_of, find_one, map_values, numbers, read_cells, whole_numbers
from bench.errors import BenchError
from bench.task import Dataset, Options, Reading, require_root

#: Right and left eye, as the file names have them, and the sides.
_EYES = {"od": "R", "os": "L"}
_ID, _COLUMNS = "ID", ("ID", "Age", "Gender", "Diagnosis")
#: The sheets have their header below a line of headings.
_HEADER_WITHIN = 3
_SUSPECT = "2"


def read(root: Path | None, options: Options) -> Reading:
    """Every eye that is healthy or has glaucoma.

    Counted and left out are eyes suspected of glaucoma (diagnosis 2), rows without a diagnosis, and images that are not
    on disk. The lines above the header and the line that repeats "ID" below it are part of the sheets' form and are not
    counted.

    Args:
        root: the folder that holds ``ClinicalData/patient_data_od.xlsx`` and ``patient_data_os.xlsx`` (or both as
            ``.csv``) and ``FundusImages/RET002OD.jpg`` ….
        options: none.

    Raises:
        BenchError: for a table or column that is lacking, an id of another form than ``#002``, a value that is none of
            the set's, or a folder without any of the images.
    """
    root = require_root(root, "papila")
    rows = Rows(pd.concat([_eye(root, eye) for eye in _EYES], ignore_index=True))
    rows.leave_out_missing(["Diagnosis"], "diagnosis")
    rows.leave_out(rows.table["Diagnosis"] == _SUSPECT, "glaucoma suspected (diagnosis 2)")
    number = rows.table[_ID].str.removeprefix("#")
    paths = "FundusImages/RET" + number + rows.table["eye"].str.upper() + ".jpg"
    rows.leave_out_files(root, paths, "They are looked for in FundusImages.")
    table, where = rows.table, f"of the tables in {root / 'ClinicalData'}"
    return rows.reading(
        {
            "image": paths,
            "patient": number,
            "study": number,
            "glaucoma": map_values(table["Diagnosis"], {"0": 0.0, "1": 1.0}, (), f"Column 'Diagnosis' {where}"),
            "sex": map_values(table["Gender"], {"0": "M", "1": "F"}, (), f"Column 'Gender' {where}"),
            "age": numbers(rows, "age", table["Age"]),
            "eye": table["eye"].map(_EYES),
        }
    )


def _eye(root: Path, eye: str) -> pd.DataFrame:
    """The table of all right or all left eyes."""
    names = [f"patient_data_{eye}.xlsx", f"patient_data_{eye}.csv"]
    file = find_one(root, names, f"the table of the {eye.upper()} eyes", ["ClinicalData"])
    cells = read_cells(file)
    is_header = cells.head(_HEADER_WITHIN).isin(["Diagnosis"]).any(axis=1)
    cells = cells.loc[is_header.idxmax() if is_header.any() else 0 :].reset_index(drop=True)
    if not isinstance(cells.iloc[0, 0], str) or not cells.iloc[0, 0].strip():
        cells.iloc[0, 0] = _ID  # the sheets name the first column only in the line below
    table = columns_of(cells, file, _COLUMNS).apply(whole_numbers)
    table = table[~(table[_ID].isin([_ID]) | table.isna().all(axis=1))]
    strange = table[_ID][~table[_ID].str.fullmatch(r"#\d+", na=False)]
    if len(strange):
        raise BenchError(f"Column 'ID' of {file} holds {strange.iloc[0]!r}. A patient is written as '#002'.")
    return table.assign(eye=eye)


DATASET = Dataset(
    name="papila",
    summary="488 fundus photographs of both eyes of 244 patients, 420 of them with a diagnosis; sex and age, no race",
    read=read,
    targets=("glaucoma",),
    source="https://doi.org/10.6084/m9.figshare.14798004",
    licence="CC BY 4.0 by the paper; figshare says GPL 3.0 or later",
)
