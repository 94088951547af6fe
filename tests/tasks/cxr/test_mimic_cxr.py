from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bench.builtin.tasks.cxr import ChestXray
from bench.builtin.tasks.cxr.mimic_cxr import DATASET, MimicOptions, read
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data import cohorts
from bench.data.pixels.decode import decode
from bench.task import Reading
from tests.miniatures import PATIENTS, Miniature, dicom, left_out, picture, refused, write_rows

FOURTEEN = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Enlarged Cardiomediastinum", "Fracture", "Lung Lesion",
    "Lung Opacity", "No Finding", "Pleural Effusion", "Pleural Other", "Pneumonia", "Pneumothorax", "Support Devices",
)  # fmt: skip


def image(patient: int, study: int = 1, view: str = "PA", **more: Any) -> dict[str, Any]:
    subject = 10_000_000 + patient
    row = {
        "dicom_id": f"{patient:08x}-{study:08x}-{view}", "subject_id": subject,
        "study_id": 50_000_000 + 10 * patient + study, "PerformedProcedureStepDescription": "CHEST (PA AND LAT)",
        "ViewPosition": view, "Rows": 8, "Columns": 8, "StudyDate": 21800506, "StudyTime": 213014.531,
    }  # fmt: skip
    return row | more


def finding(row: Mapping[str, Any], **found: Any) -> dict[str, Any]:
    named = {name.replace("_", " "): value for name, value in found.items()}
    return {"subject_id": row["subject_id"], "study_id": row["study_id"], **dict.fromkeys(FOURTEEN), **named}


def person(patient: int, race: str | None, gender: str = "F", age: int = 52, year: int = 2178) -> dict[str, Any]:
    about = {"subject_id": 10_000_000 + patient, "gender": gender, "anchor_age": age, "anchor_year": year}
    return about | {"race": race}


def copy_of(
    root: Path, images: list[dict[str, Any]], people: list[dict[str, Any]], labels: list[dict[str, Any]] | None = None,
    *, race: str = "race", iv: str = "mimic-iv/hosp", suffix: str = ".jpg", missing: tuple[str, ...] = (),
    above: str = "", pixels: bool = False,
) -> Path:  # fmt: skip
    """A miniature of MIMIC-CXR-JPG 2.0.0 with MIMIC-IV below it."""
    tables = root / above
    labels = [finding(row) for row in images] if labels is None else labels
    write_rows(tables / "mimic-cxr-2.0.0-metadata.csv.gz", images, columns=list(image(0)))
    studies = ["subject_id", "study_id", *FOURTEEN]
    write_rows(tables / "mimic-cxr-2.0.0-chexpert.csv.gz", labels, columns=studies)
    write_rows(tables / "mimic-cxr-2.0.0-negbio.csv.gz", [finding(row, Edema=1.0) for row in images], columns=studies)
    parts = [{**row, "split": "train"} for row in images]
    write_rows(tables / "mimic-cxr-2.0.0-split.csv.gz", parts, ["dicom_id", "study_id", "subject_id", "split"])
    write_rows(root / iv / "admissions.csv.gz", [row | {race: row["race"]} for row in people], ["subject_id", race])
    columns = ["subject_id", "gender", "anchor_age", "anchor_year"]
    write_rows(root / iv / "patients.csv.gz", people, columns)
    patients = pd.read_csv(root / iv / "patients.csv.gz").drop_duplicates("subject_id")
    patients.to_csv(root / iv / "patients.csv.gz", index=False)
    for row in images:
        if row["dicom_id"] and row["dicom_id"] not in missing:
            subject = f"p{row['subject_id']}"
            file = tables / "files" / subject[:3] / subject / f"s{row['study_id']}" / f"{row['dicom_id']}{suffix}"
            file.parent.mkdir(parents=True, exist_ok=True)
            write = {".jpg": picture, ".dcm": dicom}[suffix] if pixels else Path.touch
            write(file)
    return root


def by_patient(reading: Reading, column: str) -> dict[str, Any]:
    table = reading.table.set_index(reading.table["patient"].str[-2:])
    return table[column].astype(object).where(table[column].notna(), None).to_dict()


@pytest.mark.parametrize(("suffix", "above"), [(".jpg", ""), (".dcm", ""), (".jpg", "mimic-cxr-jpg/2.0.0")])
def test_one_row_an_image_found_in_either_tree(tmp_path: Path, suffix: str, above: str) -> None:
    images = [image(1, study=4), image(1, study=5, view="AP"), image(2)]
    labels = [
        finding(images[0], Pleural_Effusion=1.0, Cardiomegaly=0.0, Lung_Opacity=-1.0, Lung_Lesion=1.0),
        finding(images[1], No_Finding=1.0),
        finding(images[2], Pneumothorax=1.0),
    ]
    people = [person(1, "WHITE"), person(2, "ASIAN", "M", 91, 2180)]
    root = copy_of(tmp_path, images, people, labels, suffix=suffix, above=above, pixels=True)
    reading = read(root, MimicOptions())
    assert reading.excluded == {}
    first = reading.table.iloc[0]
    folder = f"{above}/" if above else ""
    assert first["image"] == f"{folder}files/p10/p10000001/s50000014/00000001-00000004-PA{suffix}"
    assert decode(root / first["image"], 8).shape == (8, 8)
    assert first[["patient", "study", "race", "sex", "age", "view", "split"]].tolist() == [
        "10000001", "50000014", "White", "F", 54, "PA", "train",
    ]  # fmt: skip
    targets = ["effusion", "cardiomegaly", "opacity", "pneumothorax", "nodule", "no_finding"]
    assert reading.table[targets].fillna(-9).to_numpy().tolist() == [
        [1, 0, -9, 0, 1, 0], [0, 0, 0, 0, 0, 1], [0, 0, 0, 1, 0, 0],
    ]  # fmt: skip
    assert reading.table["race"].tolist() == ["White", "White", "Asian"]


def test_uncertain_and_blank_findings(tmp_path: Path) -> None:
    row = image(1)
    root = copy_of(tmp_path, [row], [person(1, "WHITE")], [finding(row, Pleural_Effusion=-1.0)])
    for policy, doubt in (("zeros", 0.0), ("ones", 1.0)):
        assert read(root, MimicOptions(uncertain=policy)).table["effusion"].tolist() == [doubt]
    strict = read(root, MimicOptions(blank="ignore")).table.iloc[0]
    # The labelers never write "No Finding" 0.
    assert np.isnan(strict["cardiomegaly"])
    assert strict["no_finding"] == 0


def test_the_other_labeler(tmp_path: Path) -> None:
    row = image(1)
    root = copy_of(tmp_path, [row], [person(1, "WHITE")], [finding(row, Pleural_Effusion=1.0)])
    assert read(root, MimicOptions(labels="chexpert")).table["effusion"].tolist() == [1]
    assert read(root, MimicOptions(labels="negbio")).table["effusion"].tolist() == [0]


@pytest.mark.parametrize(("column", "folder"), [("race", "mimic-iv/2.2/hosp"), ("ethnicity", "core")])
def test_every_recorded_race(tmp_path: Path, column: str, folder: str) -> None:
    recorded = {
        "WHITE": "White", "WHITE - RUSSIAN": "White", "WHITE - OTHER EUROPEAN": "White",
        "BLACK/AFRICAN AMERICAN": "Black", "BLACK/AFRICAN": "Black", "BLACK/CAPE VERDEAN": "Black",
        "BLACK/CARIBBEAN ISLAND": "Black", "ASIAN": "Asian", "ASIAN - CHINESE": "Asian",
        "HISPANIC/LATINO": None, "HISPANIC/LATINO - PUERTO RICAN": None, "HISPANIC OR LATINO": None,
        "AMERICAN INDIAN/ALASKA NATIVE": None, "NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER": None, "PORTUGUESE": None,
        "SOUTH AMERICAN": None, "MULTIPLE RACE/ETHNICITY": None, "OTHER": None, "UNKNOWN": None,
        "UNABLE TO OBTAIN": None, "PATIENT DECLINED TO ANSWER": None,
    }  # fmt: skip
    people = [person(n, race) for n, race in enumerate(recorded)] + [person(90, None)]
    images = [image(n) for n in range(len(recorded))] + [image(90), image(91)]
    reading = read(copy_of(tmp_path, images, people, race=column, iv=folder), MimicOptions())
    assert by_patient(reading, "race") == {f"{n:02d}": race for n, race in enumerate(recorded.values())} | {
        "90": None,
        "91": None,
    }
    assert reading.excluded == {}
    assert reading.unknown == {
        "race set to unknown (patient not in admissions.csv.gz)": 1,
        "race set to unknown (unknown, declined or not obtained)": 4,
        "race set to unknown (HISPANIC/LATINO)": 3,
        **{
            f"race set to unknown ({race})": 1
            for race in (
                "AMERICAN INDIAN/ALASKA NATIVE", "NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER", "PORTUGUESE",
                "SOUTH AMERICAN", "MULTIPLE RACE/ETHNICITY", "OTHER",
            )
        },
        "age set to unknown (no date of the study, or patient without a year of birth)": 1,
    }  # fmt: skip


def test_a_patient_with_two_races_and_one_with_two_ways_to_write_one(tmp_path: Path) -> None:
    people = [
        person(1, "WHITE"), person(1, "BLACK/AFRICAN"), person(2, "WHITE"), person(2, "WHITE - RUSSIAN"),
        person(3, "UNKNOWN"), person(3, "ASIAN"), person(4, "OTHER"), person(4, "WHITE"),
    ]  # fmt: skip
    images = [image(1), image(1, study=2), image(2), image(3), image(4)]
    reading = read(copy_of(tmp_path, images, people), MimicOptions())
    assert by_patient(reading, "race") == {"01": None, "02": "White", "03": "Asian", "04": None}
    assert reading.excluded == {}
    assert reading.unknown == {"race set to unknown (two recorded for the patient)": 3}


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    images = [
        image(1), image(1), image(1, view="LATERAL"), image(1, study=2, view="LL"), image(2), image(3),
        image(4, view=""), image(5, dicom_id=None), image(6, StudyDate=None),
    ]  # fmt: skip
    labels = [finding(row) for row in images if row["subject_id"] != 10_000_002]
    people = [person(n, "WHITE") for n in range(1, 7)]
    root = copy_of(tmp_path, images, people, labels, missing=(images[5]["dicom_id"],))
    reading = read(root, MimicOptions())
    assert reading.table["patient"].tolist() == ["10000001", "10000006"]
    assert reading.excluded == {
        "row repeated": 1,
        "image, patient or study missing": 1,
        "view other than PA or AP": 3,
        "study not in mimic-cxr-2.0.0-chexpert.csv.gz": 1,
        "image file missing": 1,
    }
    assert reading.unknown == {"age set to unknown (no date of the study, or patient without a year of birth)": 1}
    assert len(images) == len(reading.table) + left_out(reading)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 2), st.sampled_from(["PA", "AP", "LL", ""]), st.booleans()),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_rows_in_are_rows_out_and_rows_counted(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, int, str, bool]]
) -> None:
    images = [image(9)] + [image(patient, study, view) for patient, study, view, _ in drawn]
    gone = tuple(row["dicom_id"] for row, (*_, there) in zip(images[1:], drawn, strict=True) if not there)
    root = copy_of(tmp_path_factory.mktemp("mimic"), images, [person(0, "WHITE"), person(1, "OTHER")], missing=gone)
    reading = read(root, MimicOptions())
    assert len(images) == len(reading.table) + left_out(reading)
    assert reading.table["image"].is_unique
    assert set(reading.table["view"]) <= {"PA", "AP"}


def test_the_official_split_and_a_cohort(tmp_path: Path) -> None:
    images, people = [image(n) for n in range(60)], [person(n, ["WHITE", "ASIAN"][n % 2]) for n in range(60)]
    labels = [finding(row, **{"Pleural Effusion": float(n // 2 % 2)}) for n, row in enumerate(images)]
    root = copy_of(tmp_path, images, people, labels)
    parts = [row | {"split": ["train", "validate", "test"][n // 4 % 3]} for n, row in enumerate(images[:-1])]
    write_rows(root / "mimic-cxr-2.0.0-split.csv.gz", parts, ["dicom_id", "study_id", "subject_id", "split"])
    reading = read(root, MimicOptions())
    cohort = cohorts.build(reading, ChestXray, DATASET, targets=["effusion"], split="official", image_size=16)
    assert cohort.excluded == {"in no official split": 1}
    assert cohort.table["split"].value_counts().to_dict() == {"train": 20, "val": 20, "test": 19}
    assert cohort.spec.groups == ("Asian", "White")
    write_rows(root / "mimic-cxr-2.0.0-split.csv.gz", [parts[0] | {"split": "holdout"}])
    assert "'holdout' (1 rows)" in refused(read, root, MimicOptions())


def test_mimic_iv_elsewhere(tmp_path: Path) -> None:
    copy_of(tmp_path / "cxr", [image(1)], [person(1, "ASIAN")], iv="../iv/hosp")
    message = refused(read, tmp_path / "cxr", MimicOptions())
    assert "holds no admissions.csv.gz" in message
    assert "task.mimic_iv=" in message
    options = MimicOptions(mimic_iv=tmp_path / "iv")
    assert read(tmp_path / "cxr", options).table["race"].tolist() == ["Asian"]
    assert "is not a folder" in refused(read, tmp_path / "cxr", MimicOptions(mimic_iv=tmp_path / "none"))


def test_a_folder_that_lacks_something_says_what(tmp_path: Path) -> None:
    root = copy_of(tmp_path, [image(1)], [person(1, "WHITE")])

    def without(name: str, change: Any = None) -> str:
        file = root / name
        content = file.read_bytes()
        if change is None:
            file.unlink()
        else:
            change(pd.read_csv(file, dtype=str)).to_csv(file, index=False)
        message = refused(read, root, MimicOptions())
        file.write_bytes(content)
        return message

    for kind in ("metadata", "chexpert", "split"):
        assert f"holds no mimic-cxr-2*-{kind}.csv.gz" in without(f"mimic-cxr-2.0.0-{kind}.csv.gz")
    assert "holds no patients.csv.gz" in without("mimic-iv/hosp/patients.csv.gz")
    admissions = "mimic-iv/hosp/admissions.csv.gz"
    assert "neither a column 'race'" in without(admissions, lambda table: table.drop(columns="race"))
    message = without(admissions, lambda table: table.assign(race="MARTIAN"))
    assert "Column 'race'" in message
    assert "'MARTIAN' (1 rows)" in message
    gender = without("mimic-iv/hosp/patients.csv.gz", lambda table: table.assign(gender="female"))
    assert "'female' (1 rows)" in gender
    lacking = without("mimic-cxr-2.0.0-metadata.csv.gz", lambda table: table.rename(columns={"StudyDate": "Studydate"}))
    assert "lacks the column 'StudyDate'. Did you mean 'Studydate'?" in lacking
    labels = "mimic-cxr-2.0.0-chexpert.csv.gz"
    assert "Column 'Pneumothorax'" in without(labels, lambda table: table.assign(Pneumothorax="2.0"))
    twice = without(labels, lambda table: pd.concat([table, table.assign(Pneumothorax="1.0")]))
    assert "two different rows for 1 studies" in twice
    next(root.glob("files/*/*/*/*.jpg")).unlink()
    message = refused(read, root, MimicOptions())
    assert "none of the 1 images" in message
    assert "files/p10/p10000001/s50000011/" in message


def test_two_copies_of_mimic_iv_are_not_chosen_between(tmp_path: Path) -> None:
    root = copy_of(tmp_path, [image(1)], [person(1, "WHITE")], iv="mimic-iv/2.2/hosp")
    copy_of(root, [image(1)], [person(1, "ASIAN")], iv="mimic-iv/3.1/hosp")
    assert "several files" in refused(read, root, MimicOptions())


def miniature(root: Path) -> None:
    images = [image(n, view=("PA", "AP")[n // 3 % 2]) for n in range(PATIENTS)]
    labels = [finding(row, Pleural_Effusion=n % 2, No_Finding=1 - n % 2) for n, row in enumerate(images)]
    races = ("WHITE", "BLACK/AFRICAN AMERICAN", "ASIAN - CHINESE", "HISPANIC/LATINO", "UNKNOWN")
    people = [person(n, races[n % 5], "FM"[n // 2 % 2]) for n in range(PATIENTS)]
    copy_of(root, [*images, image(1, 2, "LATERAL")], people, labels)


MINIATURE = Miniature(
    miniature,
    tables={
        "mimic-cxr-2.0.0-metadata.csv.gz": ("dicom_id", "subject_id", "study_id", "ViewPosition", "StudyDate"),
        "mimic-cxr-2.0.0-chexpert.csv.gz": ("study_id", "Pleural Effusion"),
        "mimic-cxr-2.0.0-split.csv.gz": ("dicom_id", "split"),
        "mimic-iv/hosp/admissions.csv.gz": ("subject_id", "race"),
        "mimic-iv/hosp/patients.csv.gz": ("subject_id", "gender", "anchor_age", "anchor_year"),
    },
    words=(
        ("mimic-iv/hosp/admissions.csv.gz", "race", "BLAK/AFRICAN"),
        ("mimic-iv/hosp/patients.csv.gz", "gender", "Female"),
    ),
    options=("task.targets=[effusion,no_finding]",),
)
