from functools import partial
from pathlib import Path

import numpy as np
import pytest
from bench.builtin.tasks.eye import Eye
from bench.builtin.tasks.eye.odir5k import DATASET, OdirOptions, read

from bench.data import cohorts
from tests.miniatures import PATIENTS, Miniature, balanced, refused, refused_without, touch, write_rows

OPTIONS = OdirOptions()
LEFT, RIGHT = "Left-Diagnostic Keywords", "Right-Diagnostic Keywords"


def row(patient, left="normal fundus", right="normal fundus", age="69", sex="Female", **others):
    return {
        "ID": patient, "Patient Age": age, "Patient Sex": sex, "Left-Fundus": f"{patient}_left.jpg",
        "Right-Fundus": f"{patient}_right.jpg", LEFT: left, RIGHT: right, "N": "0", "D": "0", **others,
    }  # fmt: skip


def copy_of(root, rows, name="full_df.csv", folder="Training Images", missing=()):
    write_rows(root / name, rows)
    images = [row[f"{side}-Fundus"] for row in rows for side in ("Left", "Right")]
    touch(root, [f"{folder}/{image}" for image in images if image and image not in missing])
    return root


def labels_of(root, keywords, options=OPTIONS):
    """The findings of left eyes with these keywords."""
    copy_of(root, [row(str(i), words) for i, words in enumerate(keywords)])
    return read(root, options).table.set_index("image").iloc[: len(keywords)]


def test_each_eye_has_its_own_labels(tmp_path):
    root = copy_of(tmp_path, [row("0", "cataract", "normal fundus"), row("1", "glaucoma", "glaucoma", sex="Male")])
    table = balanced(read(root, OPTIONS), 4).table.set_index("image")
    assert table.loc["Training Images/0_left.jpg", ["cataract", "no_finding"]].tolist() == [1, 0]
    assert table.loc["Training Images/0_right.jpg", ["cataract", "no_finding"]].tolist() == [0, 1]
    assert table.loc["Training Images/1_right.jpg", ["patient", "sex", "age", "eye"]].tolist() == ["1", "M", 69, "R"]


def test_whole_keywords_name_a_disease(tmp_path):
    expected = {
        "mild nonproliferative retinopathy": "diabetic_retinopathy",
        "moderate non proliferative retinopathy": "diabetic_retinopathy",
        "severe proliferative diabetic retinopathy": "diabetic_retinopathy",
        "diabetic retinopathy": "diabetic_retinopathy",
        "glaucoma": "glaucoma",
        "cataract": "cataract",
        "wet age-related macular degeneration": "amd",
        "hypertensive retinopathy": "hypertensive_retinopathy",
        "pathological myopia": "myopia",
        "myopic maculopathy": "myopia",
        "normal fundus": "no_finding",
        "drusen": None,
        "epiretinal membrane": None,
    }
    found = labels_of(tmp_path, expected)[list(Eye.targets)]
    assert [found.columns[found.iloc[i] == 1].tolist() for i in range(len(found))] == [
        [name] if name else [] for name in expected.values()
    ]
    assert found.isna().sum().sum() == 0


def test_keywords_are_parted_by_full_width_commas_too(tmp_path):
    found = labels_of(
        tmp_path, ["moderate non proliferative retinopathy，hypertensive retinopathy", "glaucoma, cataract"]
    )
    assert found[["diabetic_retinopathy", "hypertensive_retinopathy", "glaucoma"]].to_numpy().tolist() == [
        [1, 1, 0],
        [0, 0, 1],
    ]
    assert found["cataract"].tolist() == [0, 1]


@pytest.mark.parametrize(("policy", "value"), [("ignore", np.nan), ("zeros", 0.0), ("ones", 1.0)])
def test_a_suspected_disease_is_uncertain(tmp_path, policy, value):
    words = ["suspected glaucoma", "suspicious diabetic retinopathy", "suspected cataract"]
    found = labels_of(tmp_path, words, OdirOptions(uncertain=policy))
    diagonal = [found["glaucoma"].iloc[0], found["diabetic_retinopathy"].iloc[1], found["cataract"].iloc[2]]
    np.testing.assert_array_equal(diagonal, [value] * 3)
    assert found["no_finding"].tolist() == [0, 0, 0]
    assert found["glaucoma"].iloc[1] == 0


def test_remarks_on_the_image_are_no_findings(tmp_path):
    rows = [
        row("0", "lens dust，normal fundus", "anterior segment image"),
        row("1", "no fundus image", "low image quality"),
        row("2", "lens dust, drusen", ""),
    ]
    reading = balanced(read(copy_of(tmp_path, rows), OPTIONS), 6)
    assert reading.table["no_finding"].tolist() == [1, 0]
    assert reading.excluded == {
        "image, patient or keywords missing": 1,
        "image of no fundus": 2,
        "no diagnosis, only remarks on the image": 1,
    }


def test_the_workbook_and_the_table_that_repeats_patients_are_read_alike(tmp_path):
    rows = [row("0", "cataract"), row("1")]
    from_workbook = read(copy_of(tmp_path / "xlsx", rows, "data.xlsx"), OPTIONS)
    twice = [{**row, "filename": f"{row['ID']}_{side}.jpg"} for row in rows for side in ("left", "right")]
    from_kaggle = read(copy_of(tmp_path / "csv", twice, folder="preprocessed_images"), OPTIONS)
    assert from_workbook.excluded == from_kaggle.excluded == {}
    folder = from_kaggle.table["image"].str.replace("preprocessed_images", "Training Images")
    assert from_kaggle.table.assign(image=folder).equals(from_workbook.table)


def test_the_tasks_targets_are_all_there(tmp_path):
    words = ["normal fundus", "glaucoma", "cataract", "diabetic retinopathy", "pathological myopia",
             "hypertensive retinopathy", "age-related macular degeneration"]  # fmt: skip
    rows = [row(str(i), words[i % 7], words[i % 7], sex=["Male", "Female"][i // 7 % 2]) for i in range(210)]
    cohort = cohorts.build(read(copy_of(tmp_path, rows), OPTIONS), Eye, DATASET, image_size=64)
    assert cohort.spec.targets == Eye.targets
    assert cohort.spec.protected == "sex"
    assert cohort.table.groupby("patient")["split"].nunique().eq(1).all()


def test_a_folder_that_lacks_something_says_what(tmp_path):
    says = partial(refused, read, options=OPTIONS)
    assert "data.xlsx" in says(tmp_path)
    root = copy_of(tmp_path, [row("0")])
    refused_without(
        ["ID", "Patient Age", "Patient Sex", "Left-Fundus", RIGHT], root / "full_df.csv", read, root, OPTIONS
    )
    assert "'X'" in says(copy_of(tmp_path, [row("0", sex="X")]))
    assert "Training Images" in says(copy_of(tmp_path, [row("8")], missing=["8_left.jpg", "8_right.jpg"]))
    reading = balanced(read(copy_of(tmp_path, [row("0"), row("9")], missing=["9_left.jpg"]), OPTIONS), 4)
    assert reading.excluded == {"image file missing": 1}


def miniature(root: Path) -> None:
    words = (
        "glaucoma", "cataract", "dry age-related macular degeneration", "hypertensive retinopathy",
        "pathological myopia", "moderate non proliferative retinopathy", "normal fundus", "suspected glaucoma",
    )  # fmt: skip
    rows = [row(str(n), words[n % 8], words[n // 8 % 8], sex=("Female", "Male")[n // 2 % 2]) for n in range(PATIENTS)]
    copy_of(root, [*rows, row("900", "anterior segment image", "lens dust")])


MINIATURE = Miniature(
    miniature,
    tables={"full_df.csv": ("ID", "Patient Age", "Patient Sex", "Left-Fundus", LEFT)},
    words=(("full_df.csv", "Patient Sex", "Femal"),),
)
