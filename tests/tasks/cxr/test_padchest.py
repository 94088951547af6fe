from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bench.builtin.tasks.cxr import ChestXray
from bench.builtin.tasks.cxr._chest import FINDINGS, ChestOptions
from bench.builtin.tasks.cxr.padchest import DATASET, read
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data import cohorts
from bench.data.pixels.decode import decode
from tests.miniatures import PATIENTS, Miniature, left_out, picture, refused, write_rows

NAME = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"


def image(number: int, labels: Any = "['normal']", **more: Any) -> dict[str, Any]:
    row = {
        "ImageID": f"{number:04d}_a.png", "ImageDir": 3, "StudyDate_DICOM": 20140523, "StudyID": f"s{number}",
        "PatientID": f"p{number}", "PatientBirth": 1950.0, "PatientSex_DICOM": "F",
        "ViewPosition_DICOM": "POSTEROANTERIOR",
        "Projection": "PA", "Manufacturer_DICOM": "ImagingDynamicsCompanyLtd", "Labels": labels,
    }  # fmt: skip
    return row | more


def copy_of(root: Path, rows: list[dict[str, Any]], name: str = NAME, folder: str = "3", missing: int = 0) -> Path:
    write_rows(root / name, rows)
    (root / folder).mkdir(exist_ok=True)
    for row in rows[missing:]:
        if row["ImageID"]:
            (root / folder / row["ImageID"]).touch()
    return root


def present(row: Any) -> set[str]:
    return {target for target in FINDINGS if row[target] == 1}


def test_whole_labels_are_matched(tmp_path: Path) -> None:
    cases: dict[str, set[str]] = {
        "['normal']": {"no_finding"},
        "['abnormal foreign body']": set(),
        "['pericardial effusion']": set(),
        "['pleural effusion', 'cardiomegaly']": {"effusion", "cardiomegaly"},
        "[' pleural effusion ', 'unchanged']": {"effusion"},
        "['loculated  fissural effusion']": {"effusion"},
        "['hydropneumothorax']": {"effusion", "pneumothorax"},
        "['pneumothorax']": {"pneumothorax"},
        "['pseudonodule']": set(),
        "['breast mass', 'mass', 'mediastinal mass']": set(),
        "['nodule']": {"nodule", "opacity"},
        "['pulmonary mass']": {"nodule", "opacity"},
        "['laminar atelectasis']": {"opacity"},
        "['alveolar pattern', 'pneumonia']": {"opacity"},
        "['costophrenic angle blunting']": set(),
        '["Chilaiditi sign"]': set(),
    }
    reading = read(copy_of(tmp_path, [image(n, labels) for n, labels in enumerate(cases)]), ChestOptions())
    assert reading.excluded == {}
    assert [present(row) for _, row in reading.table.iterrows()] == list(cases.values())
    assert reading.table[list(FINDINGS)].isin([0.0, 1.0]).all(axis=None)


@pytest.mark.parametrize(("name", "folder"), [(NAME, "3"), (f"{NAME}.gz", "images"), (NAME, "54"), (NAME, ".")])
def test_sixteen_bits_sex_and_age(tmp_path: Path, name: str, folder: str) -> None:
    rows = [
        image(1), image(2, PatientSex_DICOM="M", Projection="AP_horizontal"), image(3, PatientSex_DICOM="O"),
        image(4, PatientBirth=None, Projection="AP", Manufacturer_DICOM=None),
    ]  # fmt: skip
    root = copy_of(tmp_path, rows, name, folder)
    reading = read(root, ChestOptions())
    table = reading.table
    picture(root / table["image"][0], bits=16)
    assert decode(root / table["image"][0], 8).max() > 200
    assert table["image"][0] == ("0001_a.png" if folder == "." else f"{folder}/0001_a.png")
    assert table[["patient", "study", "sex", "age", "view", "scanner"]].fillna("?").to_numpy().tolist() == [
        ["p1", "s1", "F", 64, "PA", "ImagingDynamicsCompanyLtd"],
        ["p2", "s2", "M", 64, "AP", "ImagingDynamicsCompanyLtd"],
        ["p3", "s3", "?", 64, "PA", "ImagingDynamicsCompanyLtd"],
        ["p4", "s4", "F", "?", "AP", "?"],
    ]
    assert "race" not in table


def test_the_word_nan_is_unknown_sex_and_names_no_finding(tmp_path: Path) -> None:
    # As the real table has them: O of 18 images, nan of 4; labels of 103.
    rows = [image(n, PatientSex_DICOM=sex) for n, sex in enumerate(("F", "M", "O", "nan", "nan"))]
    reading = read(copy_of(tmp_path, [*rows, image(9, "nan")]), ChestOptions())
    assert reading.table["sex"].fillna("?").tolist() == ["F", "M", "?", "?", "?"]
    assert (reading.excluded, reading.unknown) == ({"labels name no finding": 1}, {})


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    rows = [
        image(9), image(1), image(1), image(2, Projection="L"), image(3, Projection=None), image(4, PatientID=None),
        image(5, None), image(6, "[]"), image(7, "['unchanged']"), image(8, "['suboptimal study', '']"),
        image(10, "['exclude', 'nodule']"), image(11, "__import__('os').remove('x')"), image(12, "['nodule', 3]"),
        image(13, "normal"), image(14, PatientBirth="?"),
    ]  # fmt: skip
    reading = read(copy_of(tmp_path, rows, missing=1), ChestOptions())
    assert reading.table["patient"].tolist() == ["p1", "p14"]
    assert reading.excluded == {
        "row repeated": 1, "image name or patient missing": 1, "view other than PA or AP": 2, "labels are no list": 3,
        "labels name no finding": 4, "labelled 'exclude'": 1, "image file missing": 1,
    }  # fmt: skip
    assert reading.unknown == {"age set to unknown (not a number)": 1}
    assert len(rows) == len(reading.table) + left_out(reading)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from(["['normal']", "[]", "['exclude']", "x", "['nodule'", None]),
            st.sampled_from(["PA", "L", "AP_horizontal", "COSTAL"]),
        ),
        max_size=15,
    )
)
def test_rows_in_are_rows_out_and_rows_counted(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, str | None, str]]
) -> None:
    rows = [image(9), *(image(number, labels, Projection=view) for number, labels, view in drawn)]
    reading = read(copy_of(tmp_path_factory.mktemp("padchest"), rows), ChestOptions())
    assert len(rows) == len(reading.table) + left_out(reading)


def test_sex_is_what_is_protected(tmp_path: Path) -> None:
    labels = ["['normal']", "['pleural effusion']"]
    rows = [image(n, labels[n % 2], PatientSex_DICOM="FM"[n // 2 % 2]) for n in range(80)]
    reading = read(copy_of(tmp_path, rows), ChestOptions())
    cohort = cohorts.build(reading, ChestXray, DATASET, protected="sex", targets=["effusion"], image_size=16)
    assert cohort.spec.groups == ("F", "M")
    message = refused(lambda: cohorts.build(reading, ChestXray, DATASET, targets=["effusion"], image_size=16))
    assert "records no race; it has sex: task.protected=sex" in message


def test_a_folder_that_lacks_something_says_what(tmp_path: Path) -> None:
    assert f"holds no {NAME}.gz or {NAME}" in refused(read, tmp_path, ChestOptions())
    copy_of(tmp_path, [image(1)], missing=1)
    assert "none of the 1 images" in refused(read, tmp_path, ChestOptions())
    write_rows(tmp_path / NAME, [{"Projections": "PA"} | {k: v for k, v in image(1).items() if k != "Projection"}])
    assert "lacks the column 'Projection'. Did you mean 'Projections'?" in refused(read, tmp_path, ChestOptions())


def miniature(root: Path) -> None:
    labels = ["['normal']", "['pleural effusion', 'cardiomegaly']", "['nodule']", "['pneumothorax', 'atelectasis']"]
    rows = [image(n, labels[n % 4], PatientSex_DICOM="FM"[n // 4 % 2]) for n in range(PATIENTS)]
    rows += [image(PATIENTS, "['unchanged']"), image(PATIENTS + 1, Projection="L"), image(PATIENTS + 2, "normal")]
    rows += [image(PATIENTS + 3, "nan"), image(PATIENTS + 4, PatientSex_DICOM="nan"),
             image(PATIENTS + 5, PatientSex_DICOM="O")]  # fmt: skip
    copy_of(root, rows)


MINIATURE = Miniature(
    miniature,
    tables={NAME: ("ImageID", "PatientID", "PatientSex_DICOM", "Projection", "Labels")},
    words=((NAME, "PatientSex_DICOM", "Female"),),
    options=("task.protected=sex", "task.targets=[effusion,cardiomegaly,nodule,no_finding]"),
)
