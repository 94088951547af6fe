from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bench.builtin.tasks.cxr import ChestXray
from bench.builtin.tasks.cxr._chest import FINDINGS
from bench.builtin.tasks.cxr.chexpert import DATASET, ChexpertOptions, read
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data import cohorts
from bench.data.cohorts import splits
from bench.data.pixels.decode import decode
from tests.miniatures import PATIENTS, Miniature, left_out, picture, refused, write_rows

ORIGINAL, SMALL = "CheXpert-v1.0", "CheXpert-v1.0-small"
NOT_HISPANIC, NOT_HISPANIC_TOO = "Non-Hispanic/Non-Latino", "Not Hispanic"


def image(
    patient: int, name: str = "view1_frontal.jpg", *, part: str = "train", prefix: str = SMALL, side: str = "Frontal",
    view: str | None = "AP", sex: str = "Female", age: Any = 60, **found: Any,
) -> dict[str, Any]:  # fmt: skip
    about = {
        "Path": f"{prefix}/{part}/patient{patient:05d}/study1/{name}", "Sex": sex, "Age": age,
        "Frontal/Lateral": side, "AP/PA": view,
    }  # fmt: skip
    return about | dict.fromkeys(FINDINGS.values()) | {name.replace("_", " "): value for name, value in found.items()}


def person(patient: int, race: str | None = "White", ethnicity: str = NOT_HISPANIC) -> dict[str, Any]:
    return {
        "PATIENT": f"patient{patient:05d}", "GENDER": "Female", "AGE_AT_CXR": 60, "PRIMARY_RACE": race,
        "ETHNICITY": ethnicity,
    }  # fmt: skip


def copy_of(
    root: Path, train: list[dict[str, Any]], people: list[dict[str, Any]] | None = None,
    valid: list[dict[str, Any]] | None = None, *, demographics: str = "CHEXPERT DEMO.xlsx", missing: int = 0,
) -> Path:  # fmt: skip
    write_rows(root / "train.csv", train)
    if valid:
        write_rows(root / "valid.csv", valid)
    if people:
        write_rows(root / demographics, people)
    for row in [*train[missing:], *(valid or ())]:
        if row["Path"]:
            file = root / row["Path"].partition("/")[2]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    return root


@pytest.mark.parametrize("prefix", [ORIGINAL, SMALL])
@pytest.mark.parametrize("demographics", ["CHEXPERT DEMO.xlsx", "CHEXPERT DEMO.csv"])
@pytest.mark.parametrize("above", ["", "CheXpert-v1.0-small"])
def test_one_row_an_image(tmp_path: Path, prefix: str, demographics: str, above: str) -> None:
    train = [
        image(1, prefix=prefix, Pleural_Effusion=1.0, Cardiomegaly=0.0, Lung_Opacity=-1.0, Pneumothorax=1.0),
        image(2, prefix=prefix, sex="Male", age=0, view="PA", No_Finding=1.0),
        image(3, prefix=prefix, sex="Unknown", Lung_Lesion=1.0),
    ]
    root = copy_of(tmp_path / above, train, [person(1), person(2, "Asian"), person(3, None)], demographics=demographics)
    picture(root / "train/patient00001/study1/view1_frontal.jpg")
    reading = read(tmp_path, ChexpertOptions())
    table = reading.table
    below = f"{above}/" if above else ""
    assert table.loc[0, "image"] == f"{below}train/patient00001/study1/view1_frontal.jpg"
    assert decode(tmp_path / table.loc[0, "image"], 8).shape == (8, 8)
    assert table.loc[0, ["patient", "study"]].tolist() == ["patient00001", "train/patient00001/study1"]
    assert table[list(FINDINGS)].fillna(-9).to_numpy().tolist() == [
        [1, 0, -9, 1, 0, 0], [0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0],
    ]  # fmt: skip
    assert table[["race", "sex", "age", "view"]].fillna("?").to_numpy().tolist() == [
        ["White", "F", 60, "AP"], ["Asian", "M", 0, "PA"], ["?", "?", 60, "AP"],
    ]  # fmt: skip
    assert reading.excluded == {}
    assert reading.unknown == {"race set to unknown (unknown, declined or not obtained)": 1}


#: Every string of PRIMARY_RACE, with the group it is and the name under which it is counted if it is none.
RECORDED = {
    "White": "White", "White, non-Hispanic": "White", "White, Hispanic": "White", "White or Caucasian": "White",
    "Asian": "Asian", "Asian, non-Hispanic": "Asian", "Asian, Hispanic": "Asian", "Asian - Historical Conv": "Asian",
    "Black or African American": "Black", "Black, non-Hispanic": "Black", "Black, Hispanic": "Black",
    "Other": None, "Other, Hispanic": None, "Other, non-Hispanic": None, "Pacific Islander, Hispanic": None,
    "Pacific Islander, non-Hispanic": None, "Native American, Hispanic": None, "Native American, non-Hispanic": None,
    "Native Hawaiian or Other Pacific Islander": None, "American Indian or Alaska Native": None, "Unknown": None,
    "Race and Ethnicity Unknown": None, "Patient Refused": None,
}  # fmt: skip


def test_every_recorded_race(tmp_path: Path) -> None:
    people = [person(n, race) for n, race in enumerate(RECORDED)]
    root = copy_of(tmp_path, [image(n) for n in range(len(RECORDED) + 1)], people, demographics="CHEXPERT DEMO.csv")
    reading = read(root, ChexpertOptions())
    assert reading.table["race"].fillna("?").tolist() == [race or "?" for race in (*RECORDED.values(), None)]
    assert reading.excluded == {}
    assert reading.unknown == {
        "race set to unknown (patient not in CHEXPERT DEMO.csv)": 1,
        "race set to unknown (unknown, declined or not obtained)": 3,
        "race set to unknown (Other)": 3,
        "race set to unknown (Pacific Islander)": 2,
        "race set to unknown (Native American)": 2,
        "race set to unknown (Native Hawaiian or Other Pacific Islander)": 1,
        "race set to unknown (American Indian or Alaska Native)": 1,
    }


def test_the_papers_rule_and_any_and_none(tmp_path: Path) -> None:
    ethnicities = [NOT_HISPANIC, NOT_HISPANIC_TOO, "Hispanic/Latino", "Hispanic", "Unknown", "Patient Refused"]
    people = [person(n, "White", ethnicity) for n, ethnicity in enumerate(ethnicities)]
    root = copy_of(tmp_path, [image(n) for n in range(6)], people, demographics="CHEXPERT DEMO.csv")
    reading = read(root, ChexpertOptions())
    assert reading.table["race"].fillna("?").tolist() == ["White"] * 2 + ["?"] * 4
    assert reading.excluded == {}
    assert reading.unknown == {"race set to unknown (Hispanic or of unknown ethnicity)": 4}
    reading = read(root, ChexpertOptions(race_rule="any"))
    assert (reading.table["race"].tolist(), reading.excluded, reading.unknown) == (["White"] * 6, {}, {})
    (root / "CHEXPERT DEMO.csv").unlink()
    message = refused(read, root, ChexpertOptions())
    assert "holds no CHEXPERT DEMO.xlsx" in message
    assert "task.race_rule=none task.protected=sex" in message
    assert "race" not in read(root, ChexpertOptions(race_rule="none")).table


def test_a_patient_listed_twice(tmp_path: Path) -> None:
    people = [
        person(1), person(1), person(2, "White, non-Hispanic"), person(2, "Asian"), person(3), person(3, "Unknown"),
        person(4), person(4, "White", "Hispanic"),
    ]  # fmt: skip
    root = copy_of(tmp_path, [image(n) for n in range(1, 5)], people, demographics="CHEXPERT DEMO.csv")
    reading = read(root, ChexpertOptions())
    assert reading.table["race"].fillna("?").tolist() == ["White", "?", "White", "?"]
    assert reading.excluded == {}
    assert reading.unknown == {
        "race set to unknown (two recorded for the patient)": 1,
        "race set to unknown (Hispanic or of unknown ethnicity)": 1,
    }


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    train = [
        image(9), image(1), image(1), image(1, "view2_lateral.jpg", side="Lateral", view=None),
        image(2, view="LL"), image(3) | {"Path": None}, image(4, age="old"), image(5, view="PA"),
    ]  # fmt: skip
    root = copy_of(tmp_path, train, missing=1)
    reading = read(root, ChexpertOptions(race_rule="none"))
    assert reading.table["patient"].tolist() == ["patient00001", "patient00004", "patient00005"]
    assert reading.excluded == {
        "row repeated": 1, "path missing": 1, "view other than frontal": 1, "view other than PA or AP": 1,
        "image file missing": 1,
    }  # fmt: skip
    assert reading.unknown == {"age set to unknown (not a number)": 1}
    assert len(train) == len(reading.table) + left_out(reading)
    reading = read(root, ChexpertOptions(race_rule="none", views="PA"))
    assert reading.table["patient"].tolist() == ["patient00005"]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["AP", "PA", "LL", None]), st.booleans()), max_size=15))
def test_rows_in_are_rows_out_and_rows_counted(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, str | None, bool]]
) -> None:
    rows = [image(9), *(image(n, view=view, side=["Frontal", "Lateral"][side]) for n, view, side in drawn)]
    root = copy_of(tmp_path_factory.mktemp("chexpert"), rows)
    reading = read(root, ChexpertOptions(race_rule="none"))
    assert len(rows) == len(reading.table) + left_out(reading)


def test_the_official_split(tmp_path: Path) -> None:
    train = [image(n, Pleural_Effusion=float(n // 2 % 2)) for n in range(120)]
    valid = [image(n, part="valid", Pleural_Effusion=float(n // 2 % 2)) for n in range(200, 240)]
    people = [person(n, ["White", "Asian"][n % 2]) for n in range(240)]
    root = copy_of(tmp_path, train, people, valid, demographics="CHEXPERT DEMO.csv")
    reading = read(root, ChexpertOptions())
    assert (reading.table["split"][120:] == "test").all()
    assert reading.table["split"][:120].tolist() == splits.train_or_val(reading.table["patient"][:120]).tolist()
    cohort = cohorts.build(reading, ChestXray, DATASET, targets=["effusion"], split="official", image_size=16)
    assert cohort.table["split"].value_counts()["test"] == 40
    assert cohort.table["split"].nunique() == 3


def test_a_folder_that_lacks_something_says_what(tmp_path: Path) -> None:
    assert "holds no train.csv" in refused(read, tmp_path, ChexpertOptions())
    root = copy_of(tmp_path, [image(1)], [person(1)], demographics="CHEXPERT DEMO.csv")
    write_rows(root / "CHEXPERT DEMO.csv", [person(1, "Wite")])
    message = refused(read, root, ChexpertOptions())
    assert "Column 'PRIMARY_RACE'" in message
    assert "'Wite' (1 rows)" in message
    assert "Did you mean 'White'?" in message
    write_rows(root / "CHEXPERT DEMO.csv", [{"PATIENT": "patient00001", "RACE": "White", "ETHNICITY": NOT_HISPANIC}])
    lacking = refused(read, root, ChexpertOptions())
    assert "lacks the column 'PRIMARY_RACE'. Available: ETHNICITY, PATIENT, RACE." in lacking
    none = ChexpertOptions(race_rule="none")
    write_rows(root / "train.csv", [image(1, Pneumothorax=3)])
    assert "Column 'Pneumothorax'" in refused(read, root, none)
    write_rows(root / "train.csv", [image(1, sex="Femal")])
    assert "'Femal' (1 rows)" in refused(read, root, none)
    write_rows(root / "train.csv", [image(1) | {"Path": "CheXpert-v1.0/train/../../secret/patient00001/study1/x.jpg"}])
    assert "not of the form" in refused(read, root, none)
    write_rows(root / "train.csv", [image(2)])
    assert "none of the 1 images" in refused(read, root, none)


def miniature(root: Path) -> None:
    rows = [
        image(n, sex=("Female", "Male")[n // 2 % 2], Pleural_Effusion=n % 2, No_Finding=1 - n % 2)
        for n in range(PATIENTS)
    ]
    people = [person(n, ("White", "Asian", "Black or African American")[n % 3]) for n in range(PATIENTS)]
    lateral = image(PATIENTS, "view2_lateral.jpg", side="Lateral", view=None)
    people += [person(PATIENTS, "Other"), person(PATIENTS + 1, "Patient Refused")]
    more = [image(PATIENTS, Pleural_Effusion=-1), lateral, image(PATIENTS + 1, age=0)]
    copy_of(root, rows + more, people, demographics="CHEXPERT DEMO.csv")


MINIATURE = Miniature(
    miniature,
    tables={
        "train.csv": ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", "Pleural Effusion"),
        "CHEXPERT DEMO.csv": ("PATIENT", "PRIMARY_RACE", "ETHNICITY"),
    },
    words=(("CHEXPERT DEMO.csv", "PRIMARY_RACE", "Blak or African American"), ("train.csv", "Sex", "Femal")),
    options=("task.targets=[effusion,no_finding]",),
)
