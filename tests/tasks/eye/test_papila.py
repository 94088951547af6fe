from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from bench.builtin.tasks.eye import Eye
from bench.builtin.tasks.eye.papila import DATASET, read

from bench.data import cohorts
from bench.task import Options
from tests.miniatures import PATIENTS, Miniature, balanced, refused, touch

OPTIONS = Options()
COLUMNS = ["Age", "Gender", "Diagnosis", "dioptre_1", "VF_MD"]
OD = [("#002", "47", "0", "2", "0.75", ""), ("#004", "58", "1", "1", "1.5", "-3.1")]
OS = [("#002", "47", "0", "0", "0.75", ""), ("#004", "58", "1", "1", "1.5", "-2.0")]


def sheet(rows):
    """As released: a line of headings, the names without that of the first column, and "ID" in the line below."""
    headings = ["", "", "", "", "Refractive defect", ""]
    return [headings, ["", *COLUMNS], ["ID", *[""] * len(COLUMNS)], *rows]


def plain(rows):
    return [["ID", *COLUMNS], *rows]


def copy_of(root, od=OD, os=OS, form=sheet, suffix="xlsx", missing=()):
    folder = root / "ClinicalData"
    folder.mkdir(parents=True, exist_ok=True)
    for eye, rows in (("od", od), ("os", os)):
        cells, file = pd.DataFrame(form(rows)), folder / f"patient_data_{eye}.{suffix}"
        if suffix == "xlsx":
            cells.to_excel(file, header=False, index=False)
        else:
            cells.to_csv(file, header=False, index=False)
        images = [f"RET{row[0][1:]}{eye.upper()}.jpg" for row in rows]
        touch(root, [f"FundusImages/{image}" for image in images if image not in missing])
    return root


@pytest.mark.parametrize("form", [sheet, plain])
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_both_eyes_of_a_patient(tmp_path, form, suffix):
    reading = balanced(read(copy_of(tmp_path, form=form, suffix=suffix), OPTIONS), 4)
    table = reading.table
    assert table["image"].tolist() == [
        "FundusImages/RET004OD.jpg", "FundusImages/RET002OS.jpg", "FundusImages/RET004OS.jpg",
    ]  # fmt: skip
    assert table["patient"].tolist() == ["004", "002", "004"]
    assert table["glaucoma"].tolist() == [1, 0, 1]
    assert table["sex"].tolist() == ["F", "M", "F"]
    assert table["age"].tolist() == [58, 47, 58]
    assert table["eye"].tolist() == ["R", "L", "L"]
    assert reading.excluded == {"glaucoma suspected (diagnosis 2)": 1}


def test_numbers_written_with_decimals(tmp_path):
    table = read(copy_of(tmp_path, [("#002", "47.0", "0.0", "1.0", "", "")], []), OPTIONS).table
    assert table["glaucoma"].tolist() == [1]
    assert table["sex"].tolist() == ["M"]


def test_a_cohort_keeps_both_eyes_together(tmp_path):
    rows = [(f"#{i:03d}", "60", str(i % 2), str(i // 2 % 2), "", "") for i in range(120)]
    cohort = cohorts.build(read(copy_of(tmp_path, rows, rows), OPTIONS), Eye, DATASET, image_size=64)
    assert cohort.spec.targets == ("glaucoma",)
    assert len(cohort) == 240
    assert cohort.table.groupby("patient")["split"].nunique().eq(1).all()


def test_what_is_left_out_is_counted(tmp_path):
    reading = balanced(
        read(copy_of(tmp_path, [*OD, ("#005", "50", "0", "", "", "")], missing=["RET004OS.jpg"]), OPTIONS), 5
    )
    assert reading.excluded == {
        "diagnosis missing": 1,
        "glaucoma suspected (diagnosis 2)": 1,
        "image file missing": 1,
    }


def test_a_folder_that_lacks_something_says_what(tmp_path):
    says = partial(refused, read, options=OPTIONS)
    assert "patient_data_od.xlsx" in says(tmp_path)
    assert "'#2a'" in says(copy_of(tmp_path, [("#2a", "47", "0", "1", "", "")]))
    assert "'3'" in says(copy_of(tmp_path, [("#002", "47", "0", "3", "", "")]))
    assert "'2'" in says(copy_of(tmp_path, [("#002", "47", "2", "0", "", "")]))
    lacking = [["ID", "Age", "Gender"], ["#002", "47", "0"]]
    message = says(copy_of(tmp_path, form=lambda rows: lacking))
    assert "'Diagnosis'" in message
    assert "patient_data_od.xlsx" in message
    copy_of(tmp_path)
    (tmp_path / "ClinicalData" / "patient_data_os.xlsx").unlink()
    assert "patient_data_os.xlsx" in says(tmp_path)


def miniature(root: Path) -> None:
    od, os = (
        [
            (f"#{n:03d}", str(40 + n % 40), str(n // 2 % 2), str((n + k) % 9 // 4), "0.75", "")
            for n in range(2, PATIENTS)
        ]
        for k in (0, 1)
    )
    copy_of(root, od, os, plain, "csv")


MINIATURE = Miniature(
    miniature,
    tables={
        "ClinicalData/patient_data_od.csv": ("ID", "Age", "Gender", "Diagnosis"),
        "ClinicalData/patient_data_os.csv": ("ID", "Age", "Gender", "Diagnosis"),
    },
    words=(("ClinicalData/patient_data_od.csv", "Gender", "2"),),
)
