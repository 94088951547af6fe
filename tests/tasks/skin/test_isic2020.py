from functools import partial
from pathlib import Path

from bench.builtin.tasks.skin.isic2020 import read

from bench.task import Options
from tests.miniatures import PATIENTS, Miniature, balanced, refused, refused_without, touch, write_rows

OPTIONS = Options()
TABLE, DUPLICATES = "ISIC_2020_Training_GroundTruth_v2.csv", "ISIC_2020_Training_Duplicates.csv"


def row(image, patient="IP_1", target="0", age="45.0", sex="male"):
    return {
        "image_name": image, "patient_id": patient, "lesion_id": "IL_1", "sex": sex, "age_approx": age,
        "anatom_site_general_challenge": "torso", "diagnosis": "nevus", "benign_malignant": "benign", "target": target,
    }  # fmt: skip


def copy_of(root, rows, pairs=(), name=TABLE, folder="train", missing=()):
    write_rows(root / name, rows)
    twins = [{"image_name_1": one, "image_name_2": two} for one, two in pairs]
    write_rows(root / DUPLICATES, twins, ["image_name_1", "image_name_2"])
    touch(root, [f"{folder}/{row['image_name']}.jpg" for row in rows if row["image_name"] not in missing])
    return root


def test_labels_and_attributes(tmp_path):
    rows = [row("ISIC_1", target="1"), row("ISIC_2", "IP_2", sex="female", age="")]
    table = balanced(read(copy_of(tmp_path, rows), OPTIONS), 2).table
    assert table["malignant"].tolist() == [1, 0]
    assert table["sex"].tolist() == ["M", "F"]
    assert table["age"].isna().tolist() == [False, True]
    assert table["body_site"].tolist() == ["torso", "torso"]


def test_one_of_each_set_of_duplicates_stays(tmp_path):
    rows = [row(f"ISIC_{i}", f"IP_{i}") for i in range(8)]
    # A chain of three, a pair listed both ways, and one image that only stands in the list.
    pairs = [
        ("ISIC_0", "ISIC_1"),
        ("ISIC_1", "ISIC_2"),
        ("ISIC_4", "ISIC_3"),
        ("ISIC_3", "ISIC_4"),
        ("ISIC_6", "ISIC_9"),
    ]
    reading = balanced(read(copy_of(tmp_path, rows, pairs), OPTIONS), 8)
    assert reading.excluded == {"duplicate of another image": 3}
    assert reading.table["patient"].tolist() == ["IP_0", "IP_3", "IP_5", "IP_6", "IP_7"]


def test_the_table_of_kaggle(tmp_path):
    rows = [row("ISIC_1")]
    del rows[0]["lesion_id"], rows[0]["anatom_site_general_challenge"]
    table = read(copy_of(tmp_path, rows, name="train.csv", folder="jpeg/train"), OPTIONS).table
    assert table["image"].tolist() == ["jpeg/train/ISIC_1.jpg"]
    assert table["body_site"].isna().all()


def test_what_is_left_out_is_counted(tmp_path):
    rows = [row("ISIC_1"), row("ISIC_1"), row("ISIC_2", patient=""), row("ISIC_3")]
    reading = balanced(read(copy_of(tmp_path, rows, missing=["ISIC_3"]), OPTIONS), 4)
    assert reading.excluded == {"row repeated": 1, "image, patient or label missing": 1, "image file missing": 1}


def test_a_folder_that_lacks_something_says_what(tmp_path):
    says = partial(refused, read, options=OPTIONS)
    assert TABLE in says(tmp_path)
    root = copy_of(tmp_path, [row("ISIC_1")])
    refused_without(["image_name", "patient_id", "sex", "age_approx", "target"], root / TABLE, read, root, OPTIONS)
    assert "'2'" in says(copy_of(tmp_path, [row("ISIC_1", target="2")]))
    (tmp_path / DUPLICATES).unlink()
    assert DUPLICATES in says(tmp_path)


def miniature(root: Path) -> None:
    rows = [row(f"ISIC_{n:07d}", f"IP_{n}", str(n % 2), sex=("male", "female")[n // 2 % 2]) for n in range(PATIENTS)]
    copy_of(root, rows, [("ISIC_0000001", "ISIC_0000003")])


MINIATURE = Miniature(
    miniature,
    tables={
        TABLE: ("image_name", "patient_id", "sex", "age_approx", "target"),
        DUPLICATES: ("image_name_1", "image_name_2"),
    },
    words=((TABLE, "sex", "femal"),),
    options=("task.protected=sex",),
)
