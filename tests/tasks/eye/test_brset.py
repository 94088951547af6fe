from functools import partial
from pathlib import Path

import pytest
from bench.builtin.tasks.eye import Eye
from bench.builtin.tasks.eye.brset import DATASET, BrsetOptions, read

from bench.data import cohorts
from bench.errors import BenchError
from tests.miniatures import PATIENTS, Miniature, balanced, refused, refused_without, touch, write_rows

OPTIONS = BrsetOptions()
FINDINGS = (
    "macular_edema", "scar", "nevus", "amd", "vascular_occlusion", "hypertensive_retinopathy", "drusens", "hemorrhage",
    "retinal_detachment", "myopic_fundus", "increased_cup_disc", "other",
)  # fmt: skip


def row(image, patient="1", grade="0", age="48.0", sex="1", **findings):
    return {
        "image_id": image, "patient_id": patient, "camera": "Canon CR", "patient_age": age, "patient_sex": sex,
        "exam_eye": "1", "diabetes": "no", "DR_SDRG": grade, "DR_ICDR": grade,
        **dict.fromkeys(FINDINGS, "0"), "quality": "Adequate", **findings,
    }  # fmt: skip


def copy_of(root, rows, name="labels_brset.csv", missing=()):
    write_rows(root / name, rows)
    images = [row["image_id"].removesuffix(".jpg") for row in rows]
    touch(root, [f"fundus_photos/{image}.jpg" for image in images if image not in missing])
    return root


def test_grades_of_retinopathy_and_healthy_eyes(tmp_path):
    rows = [row(f"img{grade}", grade=str(grade)) for grade in range(5)]
    table = balanced(read(copy_of(tmp_path, rows), OPTIONS), 5).table
    assert table["diabetic_retinopathy"].tolist() == [0, 1, 1, 1, 1]
    assert table["no_finding"].tolist() == [1, 0, 0, 0, 0]
    assert table["image"].iloc[0] == "fundus_photos/img0.jpg"
    assert table["camera"].iloc[0] == "Canon CR"


def test_any_finding_is_a_finding(tmp_path):
    table = read(copy_of(tmp_path, [row(name, **{name: "1"}) for name in FINDINGS]), OPTIONS).table
    assert table["no_finding"].tolist() == [0] * 12
    targets = {"amd": "amd", "hypertensive_retinopathy": "hypertensive_retinopathy", "myopia": "myopic_fundus"}
    for target, finding in targets.items():
        assert table["image"][table[target] == 1].tolist() == [f"fundus_photos/{finding}.jpg"]


def test_a_blank_grade_is_unknown_and_so_is_whether_the_eye_is_healthy(tmp_path):
    table = read(copy_of(tmp_path, [row("img1", grade=""), row("img2", grade="", amd="1")]), OPTIONS).table
    assert table["diabetic_retinopathy"].isna().all()
    assert table["no_finding"].isna().tolist() == [True, False]


def test_sex_and_age(tmp_path):
    rows = [row("img1", sex="2", age=""), row("img2", "2", sex="1.0"), row("img3", "3", sex="", age="90+")]
    reading = read(copy_of(tmp_path, rows), OPTIONS)
    assert reading.table["sex"].tolist()[:2] == ["F", "M"]
    assert reading.table["sex"].isna().iloc[2]
    assert reading.table["age"].isna().tolist() == [True, False, True]
    assert (reading.excluded, reading.unknown) == ({}, {"age set to unknown (not a number)": 1})


def test_blank_ages_are_unknown_however_they_are_exported(tmp_path):
    rows = [row(f"img{n}", str(n), age=age) for n, age in enumerate(("", " ", "nan", "61"))]
    reading = read(copy_of(tmp_path, rows), OPTIONS)
    assert reading.table["age"].fillna(-1).tolist() == [-1, -1, -1, 61]
    assert reading.unknown == {}


def test_images_of_inadequate_quality_are_left_out_unless_asked_for(tmp_path):
    rows = [row("a"), row("b", "2", quality="Inadequate"), row("c", "3", quality="")]
    root = copy_of(tmp_path, rows)
    reading = balanced(read(root, OPTIONS), 3)
    assert reading.table["image"].tolist() == ["fundus_photos/a.jpg", "fundus_photos/c.jpg"]
    assert (reading.excluded, reading.unknown) == ({"quality inadequate": 1}, {"quality unknown (kept)": 1})
    whole = balanced(read(root, BrsetOptions(quality="all")), 3)
    assert (len(whole.table), whole.excluded, whole.unknown) == (3, {}, {})
    assert "'Poor'" in refused(read, copy_of(tmp_path, [row("a", quality="Poor")]), OPTIONS)


def test_the_eye_is_a_covariate(tmp_path):
    rows = [row("a", exam_eye="1"), row("b", exam_eye="2.0"), row("c", exam_eye="")]
    root = copy_of(tmp_path, rows)
    assert read(root, OPTIONS).table["eye"].fillna("?").tolist() == ["R", "L", "?"]
    assert "eye" in Eye.covariates
    assert "'3'" in refused(read, copy_of(tmp_path, [row("a", exam_eye="3")]), OPTIONS)


def test_names_of_later_versions(tmp_path):
    later = [{("drusen" if name == "drusens" else name): value for name, value in row("img1.jpg").items()}]
    assert read(copy_of(tmp_path, later, "labels.csv"), OPTIONS).table["no_finding"].tolist() == [1]


def test_the_default_targets_are_those_it_has(tmp_path):
    rows = [
        row(f"img{i}", str(i), grade=str(i % 3), sex=str(1 + i // 2 % 2), amd=str(i % 5 // 4),
            hypertensive_retinopathy=str(i % 7 // 6), myopic_fundus=str(i % 4 // 3))
        for i in range(300)
    ]  # fmt: skip
    reading = read(copy_of(tmp_path, rows), OPTIONS)
    cohort = cohorts.build(reading, Eye, DATASET, image_size=64)
    assert cohort.spec.targets == DATASET.targets
    assert cohort.no_finding == "no_finding"
    with pytest.raises(BenchError, match="no column for target glaucoma"):
        cohorts.build(reading, Eye, DATASET, targets=["glaucoma"], image_size=64)


def test_what_is_left_out_is_counted(tmp_path):
    rows = [row("img1"), row("img1"), row("img2", patient=""), row("img3")]
    reading = balanced(read(copy_of(tmp_path, rows, missing=["img3"]), OPTIONS), 4)
    assert reading.excluded == {"row repeated": 1, "image or patient missing": 1, "image file missing": 1}


def test_a_folder_that_lacks_something_says_what(tmp_path):
    says = partial(refused, read, options=OPTIONS)
    assert "labels_brset.csv" in says(tmp_path)
    root = copy_of(tmp_path, [row("img1")])
    refused_without(
        ["patient_id", "DR_ICDR", "drusens", "amd", "quality"], root / "labels_brset.csv", read, root, OPTIONS
    )
    assert "'5'" in says(copy_of(tmp_path, [row("img1", grade="5")]))
    assert "'3'" in says(copy_of(tmp_path, [row("img1", sex="3")]))
    assert "'yes'" in says(copy_of(tmp_path, [row("img1", scar="yes")]))


def miniature(root: Path) -> None:
    rows = [
        row(f"img{n:05d}", str(n), str(n % 2 * 2), sex=str(1 + n // 2 % 2), amd=str(n // 4 % 2),
            hypertensive_retinopathy=str(n // 3 % 2), myopic_fundus=str(n // 5 % 2))
        for n in range(PATIENTS)
    ]  # fmt: skip
    copy_of(root, [*rows, row("img99999", "500", age=""), row("img99998", "501", quality="Inadequate")])


MINIATURE = Miniature(
    miniature,
    tables={"labels_brset.csv": ("image_id", "patient_id", "patient_sex", "DR_ICDR", "drusens")},
    words=(("labels_brset.csv", "patient_sex", "3"),),
)
