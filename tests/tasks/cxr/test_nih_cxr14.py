from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bench.builtin.tasks.cxr import ChestXray
from bench.builtin.tasks.cxr._chest import FINDINGS, ChestOptions
from bench.builtin.tasks.cxr.nih_cxr14 import DATASET, read

from bench.data import cohorts
from bench.data.cohorts import splits
from bench.data.pixels.cache import open_images
from bench.errors import BenchError
from tests import places
from tests.miniatures import PATIENTS, Miniature

REAL = places.REAL / "nih_cxr14"

HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)


def row(image, findings="No Finding", follow_up=0, patient=None, age="58", sex="M", view="PA"):
    patient = int(image[:8]) if patient is None else patient
    return f"{image},{findings},{follow_up},{patient},{age},{sex},{view},2500,2048,0.171,0.171"


def copy_of(root, rows, header=HEADER, name="Data_Entry_2017_v2020.csv", folder="images", missing=()):
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / name).write_text("\n".join([header, *rows]) + "\n")
    for line in rows:
        image = line.split(",")[0]
        if image and image not in missing:
            (root / folder / image).touch()
    return root


def refused(root, options=None):
    with pytest.raises(BenchError) as caught:
        read(root, options or ChestOptions())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_one_row_an_image_with_whole_labels_matched(tmp_path):
    findings = {
        "00000001_000.png": ("Cardiomegaly|Effusion", {"cardiomegaly", "effusion"}),
        "00000001_001.png": ("No Finding", {"no_finding"}),
        "00000002_000.png": ("Hernia|Emphysema|Fibrosis|Pleural_Thickening|Pneumothorax", {"pneumothorax"}),
        "00000003_000.png": ("Infiltration", {"opacity"}),
        "00000004_000.png": ("Mass", {"opacity", "nodule"}),
        "00000005_000.png": ("Nodule|Effusion", {"opacity", "nodule", "effusion"}),
        "00000006_000.png": ("Edema", {"opacity"}),
        "00000007_000.png": ("Consolidation", {"opacity"}),
        "00000008_000.png": ("Pneumonia", {"opacity"}),
        "00000009_000.png": ("Atelectasis", {"opacity"}),
    }
    rows = [row(image, named, sex="F", age="7", view="AP") for image, (named, _) in findings.items()]
    reading = read(copy_of(tmp_path, rows), ChestOptions())
    table = reading.table.set_index("image")
    assert reading.excluded == {}
    for image, (_, present) in findings.items():
        got = table.loc[f"images/{image}", list(FINDINGS)]
        assert {name for name, value in got.items() if value == 1} == present
        assert set(got) <= {0.0, 1.0}
    first = table.loc["images/00000001_001.png"]
    assert (first["patient"], first["study"], first["sex"], first["age"], first["view"]) == ("1", "1-0", "F", 7.0, "AP")
    assert "race" not in table
    assert "split" not in table


def test_what_is_left_out_is_counted(tmp_path):
    rows = [
        row("00000001_000.png"), row("00000001_000.png"), row("00000002_000.png"), row("00000003_000.png", view="LL"),
        row("00000004_000.png", patient=""), row("00000005_000.png", findings=""), row("", patient=6),
    ]  # fmt: skip
    reading = read(copy_of(tmp_path, rows, missing=["00000002_000.png"]), ChestOptions())
    assert reading.table["image"].tolist() == ["images/00000001_000.png"]
    assert reading.excluded == {
        "row repeated": 1,
        "image name, patient or findings missing": 3,
        "view other than PA or AP": 1,
        "image file missing": 1,
    }


def test_views_are_chosen(tmp_path):
    root = copy_of(tmp_path, [row("00000001_000.png", view="AP"), row("00000002_000.png", view="PA")])
    reading = read(root, ChestOptions(views="AP"))
    assert reading.table["view"].tolist() == ["AP"]
    assert reading.excluded == {"view other than AP": 1}
    with pytest.raises(ValueError, match="views"):
        ChestOptions(views="lateral")


def test_the_first_release_and_its_twelve_folders(tmp_path):
    # Rows end in a comma, ages carry their unit.
    rows = [row("00000001_000.png", age="058Y") + ",", row("00000002_000.png", age="011M") + ","]
    copy_of(tmp_path, rows[:1], HEADER + ",", "Data_Entry_2017.csv", "images_001/images")
    copy_of(tmp_path, rows, HEADER + ",", "Data_Entry_2017.csv", "images_012/images", missing=["00000001_000.png"])
    table = read(tmp_path, ChestOptions()).table
    assert table["image"].tolist() == ["images_001/images/00000001_000.png", "images_012/images/00000002_000.png"]
    assert table["age"].tolist() == [58, 0]
    assert table["patient"].tolist() == ["1", "2"]


@pytest.mark.parametrize("spelt", ["1", "00000001", "1.0"])
def test_a_patient_is_one_in_both_official_tables(tmp_path, spelt):
    table = read(copy_of(tmp_path, [row("00000001_000.png", patient=spelt)]), ChestOptions()).table
    assert table[["patient", "study"]].to_numpy().tolist() == [["1", "1-0"]]


def test_rows_that_repeat_but_for_how_the_patient_is_written(tmp_path):
    rows = [row("00000001_000.png", patient="1"), row("00000001_000.png", patient="00000001")]
    assert read(copy_of(tmp_path, rows), ChestOptions()).excluded == {"row repeated": 1}


def test_rows_ending_in_a_comma_under_a_header_that_does_not(tmp_path):
    table = read(copy_of(tmp_path, [row("00000001_000.png", "Effusion") + ","]), ChestOptions()).table
    assert table["effusion"].tolist() == [1]


def test_the_newer_table_wins(tmp_path):
    copy_of(tmp_path, [row("00000001_000.png", "Effusion")], name="Data_Entry_2017.csv")
    copy_of(tmp_path, [row("00000001_000.png", "No Finding")])
    assert read(tmp_path, ChestOptions()).table["effusion"].tolist() == [0]


def test_implausible_age_and_unknown_sex(tmp_path):
    rows = [row(f"{i:08d}_000.png", "Effusion" if i % 2 else "No Finding", age=str(20 + i % 60), sex="MF"[i // 2 % 2])
            for i in range(1, 200)]  # fmt: skip
    rows += [row("00000500_000.png", age="414"), row("00000501_000.png", sex="O"), row("00000502_000.png", age="old")]
    reading = read(copy_of(tmp_path, rows), ChestOptions())
    assert reading.excluded == {}
    assert reading.unknown == {"age set to unknown (not a number)": 1}
    cohort = cohorts.build(
        reading, ChestXray, DATASET, protected="sex", targets=["effusion", "no_finding"], image_size=64
    )
    assert len(cohort) == 202
    assert cohort.excluded == {}
    assert cohort.set_to_unknown == {
        "age set to unknown (not a number)": 1,
        "age set to unknown (outside 0-120 years)": 1,
    }
    assert cohort.table["age"].isna().sum() == 2


def test_the_official_split(tmp_path):
    rows = [row(f"{i:08d}_000.png") for i in range(1, 1201)]
    names = [line.split(",")[0] for line in rows]
    root = copy_of(tmp_path, rows)
    (root / "train_val_list.txt").write_text("\n".join(names[:800]))
    assert "split" not in read(root, ChestOptions()).table
    (root / "test_list.txt").write_text("\n".join(names[800:1190]) + "\n")
    table = read(root, ChestOptions()).table
    assert (table["split"][800:1190] == "test").all()
    assert table["split"][1190:].isna().all()
    assert set(table["split"][:800]) == {"train", "val"}
    share = splits.FRACTIONS["val"] / (splits.FRACTIONS["val"] + splits.FRACTIONS["train"])
    assert (table["split"][:800] == "val").mean() == pytest.approx(share, abs=0.05)
    (root / "test_list.txt").write_text("\n".join(names[799:]))
    assert "1 images are on both" in refused(root)


def test_a_folder_that_lacks_something_says_what(tmp_path):
    assert "task.root=" in refused(None)
    assert "is not a folder" in refused(tmp_path / "none")
    assert "no Data_Entry_2017_v2020.csv or Data_Entry_2017.csv" in refused(tmp_path)
    rows = [row("00000001_000.png")]
    message = refused(copy_of(tmp_path, rows, missing=["00000001_000.png"]))
    assert "none of the 1 images" in message
    assert "images_*/images" in message
    message = refused(copy_of(tmp_path, rows, HEADER.replace("Patient Gender", "Geschlecht")))
    assert "Data_Entry_2017_v2020.csv lacks the column 'Patient Gender'" in message
    assert "Geschlecht" in message
    message = refused(copy_of(tmp_path, [row("00000001_000.png", "Effusion|Efusion")]))
    assert "'Efusion'" in message
    assert "Data_Entry_2017_v2020.csv" in message
    (tmp_path / "Data_Entry_2017_v2020.csv").write_bytes(b"")
    assert "cannot be read as a CSV table" in refused(tmp_path)
    (tmp_path / "Data_Entry_2017_v2020.csv").write_bytes(b"\xff\xfe\x00\x81" * 50)
    assert "cannot be read as a CSV table" in refused(tmp_path)


def test_two_rows_that_disagree_on_an_image(tmp_path):
    root = copy_of(tmp_path, [row("00000001_000.png", "Effusion"), row("00000001_000.png", "No Finding")])
    with pytest.raises(BenchError, match=r"lists 1 images more than once .*images/00000001_000.png"):
        cohorts.build(read(root, ChestOptions()), ChestXray, DATASET, protected="sex", image_size=64)


def test_no_race_here(tmp_path):
    root = copy_of(tmp_path, [row("00000001_000.png"), row("00000002_000.png", sex="F")])
    with pytest.raises(BenchError, match=r"records no race; it has sex: task.protected=sex"):
        cohorts.build(read(root, ChestOptions()), ChestXray, DATASET, image_size=64)


@pytest.mark.skipif(not REAL.is_dir(), reason="the 1,000 real radiographs are not there")
def test_a_thousand_real_radiographs(tmp_path):
    reading = read(REAL, ChestOptions())
    # Among the validation patients of so small a part nobody has a pneumothorax.
    scored = [name for name in ChestXray.targets if name != "pneumothorax"]
    cohort = cohorts.build(reading, ChestXray, DATASET, protected="sex", targets=scored, image_size=64)
    assert len(cohort) == 1000
    assert reading.excluded == {}
    raw = pd.read_csv(REAL / "Data_Entry_2017_v2020.csv", index_col="Image Index")
    names = cohort.table["image"].str.removeprefix("images/")
    effusion = np.array(["Effusion" in labels.split("|") for labels in raw["Finding Labels"][names]])
    assert np.array_equal(cohort.targets[:, 0] == 1, effusion)
    assert effusion.sum() == 170
    lesion = raw["Finding Labels"][names].str.contains(r"\b(?:Nodule|Mass)\b").to_numpy()
    assert np.array_equal(cohort.table["nodule"] == 1, lesion)
    air = raw["Finding Labels"][names].str.contains("Pneumothorax").to_numpy()
    assert np.array_equal(cohort.table["pneumothorax"] == 1, air)
    assert 0 < air.sum() < lesion.sum() < 1000
    assert np.array_equal(cohort.table["age"], raw["Patient Age"][names])
    assert cohort.table.groupby("patient")["split"].nunique().eq(1).all()
    images = open_images(cohort, DATASET, ChestOptions(), REAL, tmp_path, 64, 1)
    assert images.rejected == ()
    assert 100 < images.pixels.mean() < 160
    assert (images.pixels.reshape(1000, -1).std(1) > 5).all()


def miniature(root: Path) -> None:
    findings = ("No Finding", "Effusion", "Cardiomegaly|Infiltration", "Effusion|Mass|Pneumothorax")
    rows = [
        row(f"{n:08d}_000.png", findings[n % 4], age=f"{20 + n % 70:03d}Y", sex="MF"[n // 4 % 2])
        for n in range(1, PATIENTS)
    ]
    rows += [row("00000001_001.png", view="LL"), row("00000200_000.png", age="414")]
    copy_of(root, rows)


MINIATURE = Miniature(
    miniature,
    tables={
        "Data_Entry_2017_v2020.csv": ("Image Index", "Finding Labels", "Patient ID", "Patient Age", "Patient Gender")
    },
    words=(("Data_Entry_2017_v2020.csv", "Patient Gender", "Male"),),
    options=("task.protected=sex", "task.targets=[effusion,cardiomegaly,no_finding]"),
)
