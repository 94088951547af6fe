from functools import partial
from pathlib import Path

from bench.builtin.tasks.skin import Skin
from bench.builtin.tasks.skin.fitzpatrick17k import DATASET, read

from bench.data import cohorts
from bench.task import Options
from tests.miniatures import PATIENTS, Miniature, balanced, refused, refused_without, touch, write_rows

OPTIONS = Options()
NO_PATIENT = "patient unknown (kept; each image counts as a patient of its own)"


def row(image, scale="3", label="benign", qc=""):
    return {
        "md5hash": image, "fitzpatrick_scale": scale, "fitzpatrick_centaur": "3", "label": "psoriasis",
        "nine_partition_label": "inflammatory", "three_partition_label": label, "qc": qc, "url": "https://x/1.jpg",
    }  # fmt: skip


def copy_of(root, rows, folder="images", missing=()):
    write_rows(root / "fitzpatrick17k.csv", rows)
    touch(root, [f"{folder}/{row['md5hash']}.jpg" for row in rows if row["md5hash"] not in missing])
    return root


def test_unknown_skin_type_is_dropped(tmp_path):
    rows = [row("a", "-1"), row("b", "1", "malignant"), row("c", "6", "non-neoplastic"), row("d", "")]
    reading = balanced(read(copy_of(tmp_path, rows), OPTIONS), 4)
    assert reading.excluded == {"skin type unknown": 2}
    assert reading.unknown == {NO_PATIENT: 2}
    assert reading.table["malignant"].tolist() == [1, 0]
    assert reading.table["skin_tone"].tolist() == ["light", "dark"]


def test_what_the_sets_dermatologists_call_wrong_is_dropped(tmp_path):
    rows = [row("a", qc="1 Diagnostic"), row("b", qc="3 Wrongly labelled"), row("c")]
    reading = balanced(read(copy_of(tmp_path, rows), OPTIONS), 3)
    assert reading.table["patient"].tolist() == ["a", "c"]
    assert reading.excluded == {"wrongly labeled (qc)": 1}
    assert reading.unknown == {NO_PATIENT: 2}


def test_a_table_without_quality_control(tmp_path):
    rows = [row("a")]
    del rows[0]["qc"]
    assert len(read(copy_of(tmp_path, rows, "data/finalfitz17k"), OPTIONS).table) == 1


def test_every_image_is_its_own_patient_of_unknown_age(tmp_path):
    rows = [row(f"{i:03d}", str(1 + i % 6), ["benign", "malignant"][i // 6 % 2]) for i in range(300)]
    cohort = cohorts.build(read(copy_of(tmp_path, rows), OPTIONS), Skin, DATASET, image_size=64)
    assert cohort.table["patient"].is_unique
    assert [attribute.name for attribute in cohort.attributes()] == ["skin_tone", "fitzpatrick"]


def test_what_is_left_out_is_counted(tmp_path):
    rows = [row("a"), row("a"), row("b", label=""), row("c")]
    reading = balanced(read(copy_of(tmp_path, rows, missing=["c"]), OPTIONS), 4)
    assert reading.excluded == {
        "row repeated": 1,
        "image or diagnosis missing": 1,
        "image file missing": 1,
    }
    assert reading.unknown == {NO_PATIENT: 1}


def test_a_folder_that_lacks_something_says_what(tmp_path):
    says = partial(refused, read, options=OPTIONS)
    assert "fitzpatrick17k.csv" in says(tmp_path)
    root = copy_of(tmp_path, [row("a")])
    columns = ["md5hash", "fitzpatrick_scale", "three_partition_label"]
    refused_without(columns, root / "fitzpatrick17k.csv", read, root, OPTIONS)
    assert "'premalignant'" in says(copy_of(tmp_path, [row("a", label="premalignant")]))
    assert "'0'" in says(copy_of(tmp_path, [row("a", scale="0")]))


def miniature(root: Path) -> None:
    labels = ("benign", "malignant", "non-neoplastic")
    rows = [row(f"{n:032x}", str(1 + n // 3 % 6), labels[n % 3]) for n in range(PATIENTS)]
    copy_of(root, [*rows, row("f" * 32, "-1")])


MINIATURE = Miniature(
    miniature,
    tables={"fitzpatrick17k.csv": ("md5hash", "fitzpatrick_scale", "three_partition_label")},
    words=(("fitzpatrick17k.csv", "fitzpatrick_scale", "7"),),
)
