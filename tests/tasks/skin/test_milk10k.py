from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bench.builtin.tasks.skin import Skin
from bench.builtin.tasks.skin.milk10k import DATASET, MilkOptions, read

from bench.data import cohorts
from bench.data.pixels.cache import open_images
from tests.miniatures import PATIENTS, Miniature, balanced, refused, refused_without, touch, write_rows
from tests.places import REAL

METADATA, TRUTH = "MILK10k_Training_Metadata.csv", "MILK10k_Training_GroundTruth.csv"
CLASSES = ("AKIEC", "BCC", "BEN_OTH", "BKL", "DF", "INF", "MAL_OTH", "MEL", "NV", "SCCKA", "VASC")
BOTH = MilkOptions(image_type="both")
NO_PATIENT = "patient unknown (kept; each lesion counts as a patient of its own)"


def row(image, lesion="IL_1", image_type="dermoscopic", age="70", sex="male", tone="3", site="trunk"):
    return {
        "lesion_id": lesion, "image_type": image_type, "isic_id": image, "attribution": "MILK study team",
        "age_approx": age, "sex": sex, "skin_tone_class": tone, "site": site, "MONET_hair": "0.16",
    }  # fmt: skip


def truth(**classes):
    return [{"lesion_id": lesion, **{name: float(name == of) for name in CLASSES}} for lesion, of in classes.items()]


def copy_of(root, rows, diagnoses, folder="images/{isic_id}.jpg", missing=()):
    write_rows(root / METADATA, rows)
    write_rows(root / TRUTH, diagnoses)
    touch(root, [folder.format(**row) for row in rows if row["isic_id"] not in missing])
    return root


def pair(lesion, tone="3"):
    return [row(f"D_{lesion}", lesion, tone=tone), row(f"C_{lesion}", lesion, "clinical: close-up", tone=tone)]


def test_the_kind_of_image_is_chosen(tmp_path):
    root = copy_of(tmp_path, [*pair("IL_1"), *pair("IL_2")], truth(IL_1="BCC", IL_2="NV"))
    dermoscopic = balanced(read(root, MilkOptions()), 4)
    assert dermoscopic.table["image"].tolist() == ["images/D_IL_1.jpg", "images/D_IL_2.jpg"]
    assert dermoscopic.excluded == {"image type other than dermoscopic": 2}
    assert dermoscopic.unknown == {NO_PATIENT: 2}
    clinical = balanced(read(root, MilkOptions(image_type="clinical")), 4)
    assert clinical.table["view"].unique().tolist() == ["clinical"]
    both = balanced(read(root, BOTH), 4)
    assert both.table["patient"].tolist() == ["IL_1", "IL_1", "IL_2", "IL_2"]
    assert (both.excluded, both.unknown) == ({}, {NO_PATIENT: 4})


@pytest.mark.parametrize("name", CLASSES)
def test_malignant_classes(tmp_path, name):
    root = copy_of(tmp_path, pair("IL_1"), truth(IL_1=name))
    expected = float(name in ("AKIEC", "BCC", "MAL_OTH", "MEL", "SCCKA"))
    assert read(root, BOTH).table["malignant"].tolist() == [expected, expected]


def test_tones_form_groups_and_stay_steps(tmp_path):
    rows = [row(f"D_{tone}", f"IL_{tone}", tone=tone) for tone in ("0", "1", "2", "3.0", "4", "5", "")]
    root = copy_of(tmp_path, rows, truth(**{row["lesion_id"]: "NV" for row in rows}))
    table = read(root, MilkOptions()).table
    assert table["skin_tone"].tolist()[:-1] == ["dark", "dark", "dark", "medium", "light", "light"]
    assert table["tone"].tolist()[:-1] == ["0-1", "0-1", "2", "3", "4", "5"]
    assert table[["skin_tone", "tone"]].iloc[-1].isna().all()


def test_the_folders_of_the_challenge(tmp_path):
    folder = "MILK10k_Training_Input/{lesion_id}/{isic_id}.jpg"
    root = copy_of(tmp_path, pair("IL_1"), truth(IL_1="MEL"), folder)
    assert read(root, MilkOptions()).table["image"].tolist() == ["MILK10k_Training_Input/IL_1/D_IL_1.jpg"]


def test_what_is_left_out_is_counted(tmp_path):
    rows = [row("D_1"), row("D_1"), row("D_2", "IL_2"), row("", "IL_1"), row("D_3"), row("D_4", age="old", sex="")]
    root = copy_of(tmp_path, rows, truth(IL_1="NV"), missing=["D_3"])
    reading = balanced(read(root, MilkOptions()), 6)
    assert reading.table["image"].tolist() == ["images/D_1.jpg", "images/D_4.jpg"]
    assert reading.excluded == {
        "row repeated": 1,
        "image, lesion or image type missing": 1,
        "lesion without a diagnosis": 1,
        "image file missing": 1,
    }
    assert reading.unknown == {"age set to unknown (not a number)": 1, NO_PATIENT: 2}
    assert reading.table["sex"].isna().tolist() == [False, True]


def test_a_folder_that_lacks_something_says_what(tmp_path):
    says = partial(refused, read, options=MilkOptions())
    assert "task.root=" in says(None)
    assert METADATA in says(tmp_path)
    root = copy_of(tmp_path, pair("IL_1"), truth(IL_1="NV"))
    refused_without(["isic_id", "lesion_id", "skin_tone_class", "sex"], root / METADATA, read, root, MilkOptions())
    refused_without(["lesion_id", "MEL", "VASC"], root / TRUTH, read, root, MilkOptions())
    assert "'6'" in says(copy_of(tmp_path, pair("IL_1", tone="6"), truth(IL_1="NV")))
    assert "'dermatoscopic'" in says(copy_of(tmp_path, [row("D", image_type="dermatoscopic")], truth(IL_1="NV")))
    two = truth(IL_1="NV")
    two[0]["MEL"] = 1.0
    assert "'IL_1'" in says(copy_of(tmp_path, pair("IL_1"), two))
    assert "'IL_1'" in says(copy_of(tmp_path, pair("IL_1"), [*truth(IL_1="NV"), *truth(IL_1="MEL")]))
    (tmp_path / TRUTH).unlink()
    assert TRUTH in says(tmp_path)
    (tmp_path / "none").mkdir()
    assert "none of the 1 images" in says(
        copy_of(tmp_path / "none", pair("IL_1"), truth(IL_1="NV"), missing=["D_IL_1"])
    )


real = pytest.mark.skipif(not (REAL / "milk10k").is_dir(), reason="the 10,480 real photographs are not there")


@pytest.fixture(scope="module")
def photographs():
    reading = balanced(read(REAL / "milk10k", BOTH), 10480)
    return cohorts.build(reading, Skin, DATASET, image_size=32)


@real
def test_the_real_photographs_are_counted(photographs):
    assert len(photographs) == photographs.rows_in == 10480
    assert (photographs.excluded, photographs.set_to_unknown) == ({}, {NO_PATIENT: 10480})
    assert photographs.spec.groups == ("dark", "medium", "light")
    lesions = photographs.table.drop_duplicates("patient")
    assert lesions["skin_tone"].value_counts().to_dict() == {"medium": 3174, "light": 1449, "dark": 617}
    assert lesions["tone"].value_counts().to_dict() == {"3": 3174, "4": 1066, "2": 506, "5": 383, "0-1": 111}
    assert lesions["malignant"].sum() == 3757
    assert photographs.table["view"].value_counts().to_dict() == {"clinical": 5240, "dermoscopic": 5240}
    assert photographs.table["age"].isna().sum() == 40
    assert (photographs.table["sex"] == "F").sum() == 4176


@real
def test_both_photographs_of_a_real_lesion_are_in_one_split(photographs):
    of_lesion = photographs.table.groupby("patient")
    assert (of_lesion["split"].nunique() == 1).all()
    assert (of_lesion.size() == 2).all()
    share = photographs.table.groupby("split").size() / len(photographs)
    assert share["test"] == pytest.approx(0.3, abs=0.02)


@real
def test_real_rows_say_what_the_tables_say(photographs):
    metadata = pd.read_csv(REAL / "milk10k" / METADATA).set_index("isic_id")
    diagnoses = pd.read_csv(REAL / "milk10k" / TRUTH).set_index("lesion_id")
    raw = metadata.loc[photographs.table["image"].str.removeprefix("images/").str.removesuffix(".jpg")]
    assert np.array_equal(photographs.table["patient"], raw["lesion_id"])
    names = diagnoses.loc[raw["lesion_id"]].idxmax(axis=1).to_numpy()
    malignant = np.isin(names, ["AKIEC", "BCC", "MAL_OTH", "MEL", "SCCKA"])
    assert np.array_equal(photographs.targets[:, 0] == 1, malignant)
    assert np.array_equal(photographs.table["skin_tone"] == "dark", raw["skin_tone_class"] <= 2)
    assert np.array_equal(photographs.table["skin_tone"] == "light", raw["skin_tone_class"] >= 4)


@real
def test_real_photographs_decode(tmp_path):
    reading = read(REAL / "milk10k", BOTH)
    few = pd.concat([of.head(50) for _, of in reading.table.groupby(["skin_tone", "malignant"])])
    cohort = cohorts.build(type(reading)(few), Skin, DATASET, image_size=32)
    images = open_images(cohort, DATASET, BOTH, REAL / "milk10k", tmp_path, 32, 1)
    assert images.rejected == ()
    assert len(images.pixels) == 300
    assert images.pixels.std() > 20


def miniature(root: Path) -> None:
    rows = [row for n in range(PATIENTS) for row in pair(f"IL_{n}", str(n // 2 % 6))]
    copy_of(root, rows, truth(**{f"IL_{n}": ("BCC", "NV")[n % 2] for n in range(PATIENTS)}))


MINIATURE = Miniature(
    miniature,
    tables={METADATA: ("isic_id", "lesion_id", "image_type", "skin_tone_class", "sex"), TRUTH: ("lesion_id", "MEL")},
    words=((METADATA, "skin_tone_class", "6"), (METADATA, "sex", "femal")),
)
