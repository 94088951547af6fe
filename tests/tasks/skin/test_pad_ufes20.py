from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.builtin.tasks.skin import Skin
from bench.builtin.tasks.skin.pad_ufes20 import DATASET, read

from bench.data import cohorts
from bench.task import Options
from tests.miniatures import PATIENTS, Miniature, balanced, refused, refused_without, touch, write_rows

OPTIONS = Options()


def row(image, patient="PAT_1", dx="BCC", skin="3.0", sex="FEMALE", biopsed="True", age="55"):
    return {
        "patient_id": patient, "lesion_id": "881", "smoke": "False", "age": age, "gender": sex, "fitspatrick": skin,
        "region": "NECK", "diagnostic": dx, "img_id": image, "biopsed": biopsed,
    }  # fmt: skip


def copy_of(root, rows, folder="images", missing=()):
    write_rows(root / "metadata.csv", rows)
    touch(root, [f"{folder}/{row['img_id']}" for row in rows if row["img_id"] not in missing])
    return root


def test_diagnoses_and_skin_types(tmp_path):
    malignant = {"BCC": 1, "MEL": 1, "SCC": 1, "ACK": 0, "NEV": 0, "SEK": 0}
    rows = [
        row(f"PAT_{number}_1_2.png", f"PAT_{number}", dx, skin=f"{number}.0")
        for number, dx in enumerate(malignant, start=1)
    ]
    table = balanced(read(copy_of(tmp_path, rows), OPTIONS), 6).table
    assert table["malignant"].tolist() == list(malignant.values())
    assert table["fitzpatrick"].tolist() == ["I", "II", "III", "IV", "V", "VI"]
    assert table["skin_tone"].tolist() == ["light", "light", "medium", "dark", "dark", "dark"]
    assert table["study"].iloc[0] == "PAT_1-881"
    assert set(table["sex"]) == {"F"}


def test_incomplete_rows_would_tell_the_label(tmp_path):
    benign = [row(f"b{i}.png", f"PAT_{i}", "NEV", skin="", sex="", biopsed="False") for i in range(5)]
    some = [row("c.png", "PAT_8", skin=""), row("d.png", "PAT_9", sex="")]
    reading = balanced(read(copy_of(tmp_path, [row("a.png"), *benign, *some]), OPTIONS), 8)
    assert reading.table["image"].tolist() == ["images/a.png"]
    assert reading.excluded == {"sex or skin type missing": 7}


def test_lesions_without_a_biopsy_that_record_both_are_read(tmp_path):
    rows = [row(f"{dx}.png", f"PAT_{dx}", dx, biopsed="False") for dx in ("ACK", "SEK", "NEV")]
    assert len(balanced(read(copy_of(tmp_path, rows), OPTIONS), 3).table) == 3


def test_the_default_runs_on_as_few_of_dark_skin_as_the_set_has(tmp_path):
    # Of the complete set: 1,494 images with sex and skin type, 73 of them of 43 patients with types IV to VI.
    skins = ["2.0", "3.0", "1.0", "2.0", "3.0"]
    rows = [
        row(f"{n}.png", f"PAT_{n // 2}", ("BCC", "NEV", "MEL", "ACK", "SEK", "SCC")[n % 6], skins[n // 2 % 5],
            ("FEMALE", "MALE")[n // 4 % 2])
        for n in range(1421)
    ]  # fmt: skip
    rows += [row(f"d{n}.png", f"PAT_d{n % 43}", ("BCC", "NEV")[n % 2], f"{4 + n % 43 % 3}.0") for n in range(73)]
    reading = balanced(read(copy_of(tmp_path, rows), OPTIONS), 1494)
    cohort = cohorts.build(reading, Skin, DATASET, image_size=112)
    assert cohort.spec.groups == ("medium", "light")
    assert cohort.excluded == {"skin_tone not among task.groups": 73}
    # Who asks for all three gets them, or is told which are too few.
    asked = {"groups": ("dark", "medium", "light"), "image_size": 112}
    assert len(cohorts.build(reading, Skin, DATASET, checked=False, **asked)) == 1494
    few = reading.table[~reading.table["image"].str.startswith("images/d") | reading.table["patient"].isin(["PAT_d1"])]
    message = refused(cohorts.build, replace(reading, table=few, rows=None), Skin, DATASET, **asked)
    assert "patients who are dark" in message or "task.groups=[medium,light]" in message
    # Another attribute takes all its groups.
    assert len(cohorts.build(reading, Skin, DATASET, protected="sex", image_size=112)) == 1494


def test_the_three_parts(tmp_path):
    copy_of(tmp_path, [row("a.png")], "imgs_part_1")
    root = copy_of(tmp_path, [row("a.png"), row("b.png", "PAT_2")], "imgs_part_3/imgs_part_3", missing=["a.png"])
    assert read(root, OPTIONS).table["image"].tolist() == ["imgs_part_1/a.png", "imgs_part_3/imgs_part_3/b.png"]


def test_what_is_left_out_is_counted(tmp_path):
    rows = [row("a.png"), row("a.png"), row("b.png", patient=""), row("c.png")]
    reading = balanced(read(copy_of(tmp_path, rows, missing=["c.png"]), OPTIONS), 4)
    assert reading.excluded == {"row repeated": 1, "image, patient or diagnosis missing": 1, "image file missing": 1}


def test_a_folder_that_lacks_something_says_what(tmp_path):
    says = partial(refused, read, options=OPTIONS)
    assert "metadata.csv" in says(tmp_path)
    root = copy_of(tmp_path, [row("a.png")])
    refused_without(["patient_id", "fitspatrick", "gender", "diagnostic"], root / "metadata.csv", read, root, OPTIONS)
    assert "'7'" in says(copy_of(tmp_path, [row("a.png", skin="7.0")]))
    assert "'BOD'" in says(copy_of(tmp_path, [row("a.png", dx="BOD")]))
    assert "imgs_part_*" in says(copy_of(tmp_path, [row("z.png")], missing=["z.png"]))


def miniature(root: Path) -> None:
    rows = [
        row(f"PAT_{n}.png", f"PAT_{n}", ("BCC", "NEV", "MEL", "ACK")[n % 4], f"{1 + n // 4 % 6}.0",
            ("FEMALE", "MALE")[n // 2 % 2])
        for n in range(PATIENTS)
    ]  # fmt: skip
    copy_of(root, [*rows, row("PAT_900.png", "PAT_900", "NEV", "", "", "False")])


MINIATURE = Miniature(
    miniature,
    tables={"metadata.csv": ("img_id", "patient_id", "diagnostic", "gender", "fitspatrick")},
    words=(("metadata.csv", "fitspatrick", "7"), ("metadata.csv", "gender", "FEMAL")),
)
