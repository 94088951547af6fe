from functools import partial
from pathlib import Path

import pytest
from bench.builtin.tasks.skin import Skin
from bench.builtin.tasks.skin.ham10000 import DATASET, read

from bench.data import cohorts
from bench.errors import BenchError
from bench.task import Options
from tests.miniatures import PATIENTS, Miniature, balanced, refused, refused_without, touch, write_rows

OPTIONS = Options()
NO_PATIENT = "patient unknown (kept; each lesion counts as a patient of its own)"


def row(image, lesion="HAM_1", dx="nv", age="45.0", sex="male", site="back"):
    return {
        "lesion_id": lesion, "image_id": image, "dx": dx, "dx_type": "histo", "age": age, "sex": sex,
        "localization": site,
    }  # fmt: skip


def copy_of(root, rows, name="HAM10000_metadata.csv", folder="HAM10000_images_part_1", missing=()):
    write_rows(root / name, rows)
    touch(root, [f"{folder}/{row['image_id']}.jpg" for row in rows if row["image_id"] not in missing])
    return root


def test_diagnoses_of_both_parts(tmp_path):
    malignant = {"akiec": 1, "bcc": 1, "mel": 1, "bkl": 0, "df": 0, "nv": 0, "vasc": 0}
    rows = [row(f"ISIC_{dx}", f"HAM_{dx}", dx) for dx in malignant]
    copy_of(tmp_path, rows[:3])
    root = copy_of(tmp_path, rows, folder="HAM10000_images_part_2", missing=[row["image_id"] for row in rows[:3]])
    reading = balanced(read(root, OPTIONS), 7)
    assert (reading.excluded, reading.unknown) == ({}, {NO_PATIENT: 7})
    assert reading.table["malignant"].tolist() == list(malignant.values())
    assert reading.table["image"].iloc[0] == "HAM10000_images_part_1/ISIC_akiec.jpg"
    assert reading.table["image"].iloc[6] == "HAM10000_images_part_2/ISIC_vasc.jpg"


def test_images_of_one_lesion_share_their_patient(tmp_path):
    root = copy_of(tmp_path, [row("ISIC_1"), row("ISIC_2"), row("ISIC_3", "HAM_2")])
    assert read(root, OPTIONS).table["patient"].tolist() == ["HAM_1", "HAM_1", "HAM_2"]


def test_unknown_sex_and_age_stay_unknown(tmp_path):
    root = copy_of(tmp_path, [row("ISIC_1", sex="unknown", age=""), row("ISIC_2", sex="female")])
    table = read(root, OPTIONS).table
    assert table["sex"].isna().tolist() == [True, False]
    assert table["age"].isna().tolist() == [True, False]


def test_what_is_left_out_is_counted(tmp_path):
    rows = [row("ISIC_1"), row("ISIC_1"), row("ISIC_2", lesion=""), row("ISIC_3")]
    reading = balanced(read(copy_of(tmp_path, rows, missing=["ISIC_3"]), OPTIONS), 4)
    assert reading.excluded == {
        "row repeated": 1,
        "image, lesion or diagnosis missing": 1,
        "image file missing": 1,
    }
    assert reading.unknown == {NO_PATIENT: 1}


def test_the_first_release_has_no_suffix(tmp_path):
    root = copy_of(tmp_path, [row("ISIC_1", dx="mel")], "HAM10000_metadata", "images")
    assert read(root, OPTIONS).table["malignant"].tolist() == [1]


def test_sex_is_proposed_where_there_is_no_tone(tmp_path):
    rows = [row(f"ISIC_{i}", f"HAM_{i}", ["nv", "mel"][i // 2 % 2], sex=["male", "female"][i % 2]) for i in range(120)]
    reading = read(copy_of(tmp_path, rows), OPTIONS)
    with pytest.raises(BenchError, match=r"records no skin_tone; it has sex: task.protected=sex"):
        cohorts.build(reading, Skin, DATASET, image_size=64)
    cohort = cohorts.build(reading, Skin, DATASET, protected="sex", image_size=64)
    assert cohort.spec.groups == ("F", "M")
    assert cohort.spec.channels == 3


def test_a_folder_that_lacks_something_says_what(tmp_path):
    says = partial(refused, read, options=OPTIONS)
    assert "HAM10000_metadata.csv" in says(tmp_path)
    root = copy_of(tmp_path, [row("ISIC_1")])
    refused_without(["lesion_id", "dx", "sex", "localization"], root / "HAM10000_metadata.csv", read, root, OPTIONS)
    assert "'scc' (1 rows)" in says(copy_of(tmp_path, [row("ISIC_1", dx="scc")]))
    assert "'diverse'" in says(copy_of(tmp_path, [row("ISIC_1", sex="diverse")]))
    message = says(copy_of(tmp_path, [row("ISIC_9")], missing=["ISIC_9"]))
    assert "none of the 1 images" in message
    assert "HAM10000_images_part_1" in message


def miniature(root: Path) -> None:
    rows = [
        row(f"ISIC_{n:07d}", f"HAM_{n}", ("nv", "mel", "bcc", "bkl")[n % 4], sex=("male", "female")[n // 4 % 2])
        for n in range(PATIENTS)
    ]
    copy_of(root, [*rows, row("ISIC_9999999", "HAM_0", sex="unknown")])


MINIATURE = Miniature(
    miniature,
    tables={"HAM10000_metadata.csv": ("lesion_id", "image_id", "dx", "age", "sex")},
    words=(("HAM10000_metadata.csv", "sex", "mal"),),
    options=("task.protected=sex",),
)
