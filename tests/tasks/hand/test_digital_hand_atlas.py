from pathlib import Path

import pytest
from bench.builtin.tasks.hand import Hand
from bench.builtin.tasks.hand.digital_hand_atlas import DATASET, read

from bench.data import cohorts
from bench.task import Options
from tests.miniatures import Miniature, balanced, refused, touch

OPTIONS = Options()
GROUPS = ("ASIF", "ASIM", "BLKF", "BLKM", "CAUF", "CAUM", "HISF", "HISM")


def copy_of(root, paths):
    for group in GROUPS:
        (root / "JPEGimages" / group).mkdir(parents=True, exist_ok=True)
    touch(root / "JPEGimages", paths)
    return root


def test_race_and_sex_are_in_the_folder(tmp_path):
    paths = [f"{group}/{group}05/{4500 + number}.jpg" for number, group in enumerate(GROUPS)]
    table = balanced(read(copy_of(tmp_path, paths), OPTIONS), 8).table
    assert table["race"].tolist() == ["Asian"] * 2 + ["Black"] * 2 + ["White"] * 2 + ["Hispanic"] * 2
    assert table["sex"].tolist() == ["F", "M"] * 4
    assert table["image"].iloc[0] == "JPEGimages/ASIF/ASIF05/4500.jpg"
    assert table["patient"].iloc[0] == "4500"


def test_bone_age_becomes_cumulative_targets(tmp_path):
    table = read(copy_of(tmp_path, [f"BLKM/BLKM{age:02d}/{age}.jpg" for age in range(19)]), OPTIONS).table
    assert table["age"].tolist() == list(range(19))
    assert list(Hand.targets) == [f"bone_age_over_{years}" for years in (6, 10, 14)]
    assert table[list(Hand.targets)].sum().tolist() == [18 - 6, 18 - 10, 18 - 14]
    assert table["bone_age_over_10"].tolist() == [0.0] * 11 + [1.0] * 8


@pytest.mark.parametrize("folder", ["CAUM12", "CAU12", "12"])
def test_names_of_the_ages_folders(tmp_path, folder):
    table = read(copy_of(tmp_path, [f"CAUM/{folder}/1.jpg"]), OPTIONS).table
    assert table[["race", "sex", "age"]].to_numpy().tolist() == [["White", "M", 12]]


def test_other_files_are_counted(tmp_path):
    root = copy_of(tmp_path, ["HISF/HISF03/1.jpg", "HISF/HISF03/2.JPEG", "HISF/HISF03/Thumbs.db", "HISF/readme.txt"])
    reading = balanced(read(root, OPTIONS), 3)
    assert reading.table["image"].str[-6:].tolist() == ["/1.jpg", "2.JPEG"]
    assert reading.excluded == {"file other than a JPEG image": 1}


def test_the_defaults_of_the_task_work(tmp_path):
    paths = [f"{GROUPS[i % 8]}/{GROUPS[i % 8]}{i // 8 % 19:02d}/{i}.jpg" for i in range(304)]
    cohort = cohorts.build(read(copy_of(tmp_path, paths), OPTIONS), Hand, DATASET, image_size=64)
    assert cohort.spec.groups == ("Asian", "Black", "Hispanic", "White")
    assert cohort.spec.targets == Hand.targets
    assert cohort.no_finding is None


def test_a_folder_that_lacks_something_says_what(tmp_path):
    def says(root):
        return refused(read, root, OPTIONS)

    assert "JPEGimages/ASIF" in says(tmp_path)
    root = copy_of(tmp_path, ["ASIF/ASIF05/1.jpg"])
    (root / "JPEGimages" / "BLKM").rmdir()
    assert "lacks the folder JPEGimages/BLKM." in says(root)
    assert "BLKM19 names no age" in says(copy_of(tmp_path, ["BLKM/BLKM19/1.jpg"]))
    (tmp_path / "b").mkdir()
    assert "CAUF05 names no age" in says(copy_of(tmp_path / "b", ["BLKM/CAUF05/1.jpg"]))
    (tmp_path / "c").mkdir()
    assert "PACM is no group" in says(copy_of(tmp_path / "c", ["PACM/PACM05/1.jpg"]))
    (tmp_path / "d").mkdir()
    assert "no JPEG image" in says(copy_of(tmp_path / "d", ["ASIF/ASIF05/1.png"]))


def test_a_folder_that_is_no_group_is_named(tmp_path):
    MINIATURE.build(tmp_path)
    (tmp_path / "JPEGimages" / "AFRF").mkdir()
    message = refused(read, tmp_path, OPTIONS)
    assert "AFRF is no group" in message
    assert "BLKF" in message
    (tmp_path / "JPEGimages" / "AFRF").rmdir()
    (tmp_path / "JPEGimages" / "BLKF").rename(tmp_path / "elsewhere")
    assert "lacks the folder JPEGimages/BLKF" in refused(read, tmp_path, OPTIONS)


def miniature(root: Path) -> None:
    paths = [f"{group}/{group}{age:02d}/{group}{age}.jpg" for group in GROUPS for age in range(19)]
    copy_of(root, [*paths, "ASIF/ASIF03/Thumbs.db"])


MINIATURE = Miniature(miniature, listed=False)
