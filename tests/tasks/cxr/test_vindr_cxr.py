from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bench.builtin.tasks.cxr import ChestXray
from bench.builtin.tasks.cxr._chest import FINDINGS
from bench.builtin.tasks.cxr.vindr_cxr import DATASET, read
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data import cohorts
from bench.data.cohorts import splits
from bench.data.pixels.decode import decode
from bench.task import Options
from tests.miniatures import PATIENTS, Miniature, dicom, left_out, picture, refused, write_rows

COLUMNS = ("Cardiomegaly", "Lung Opacity", "Nodule/Mass", "Pleural effusion", "Pneumothorax", "Pneumonia", "No finding")
SAME = "patient unknown (kept; each image counts as a patient of its own)"


def row(image: str, reader: str | None = None, **found: int) -> dict[str, Any]:
    about = {"image_id": image} | ({"rad_id": reader} if reader else {})
    last = "Other diseases" if reader else "Other disease"
    named = {{"Nodule": "Nodule/Mass"}.get(name, name.replace("_", " ")): value for name, value in found.items()}
    return about | dict.fromkeys(COLUMNS, 0) | {last: 0} | named


def readers(image: str, *found: dict[str, int]) -> list[dict[str, Any]]:
    return [row(image, f"R{number + 8}", **labels) for number, labels in enumerate(found)]


def copy_of(
    root: Path, train: list[dict[str, Any]], test: list[dict[str, Any]], folder: str = "annotations",
    suffix: str = ".dicom",
) -> Path:  # fmt: skip
    for part, rows in (("train", train), ("test", test)):
        write_rows(root / folder / f"image_labels_{part}.csv", rows)
        (root / part).mkdir(exist_ok=True)
        for line in rows:
            if line["image_id"]:
                (root / part / f"{line['image_id']}{suffix}").touch()
    return root


def test_the_readers_majority_before_anything_is_split(tmp_path: Path) -> None:
    train = [
        *readers("a", {"Pleural_effusion": 1}, {"Pleural_effusion": 1, "Cardiomegaly": 1}, {"Nodule": 1}),
        *readers("b", {"No_finding": 1}, {"No_finding": 1}, {"No_finding": 1, "Lung_Opacity": 1}),
        *readers("c", {"Pneumothorax": 1}, {}),
    ]
    reading = read(copy_of(tmp_path, train, [row("d", Lung_Opacity=1, Nodule=1)]), Options())
    table = reading.table.set_index("patient")
    assert table[list(FINDINGS)].fillna(-9).astype(int).to_dict("index") == {
        "a": dict.fromkeys(FINDINGS, 0) | {"effusion": 1},
        "b": dict.fromkeys(FINDINGS, 0) | {"no_finding": 1},
        "c": dict.fromkeys(FINDINGS, 0) | {"pneumothorax": -9},
        "d": dict.fromkeys(FINDINGS, 0) | {"opacity": 1, "nodule": 1},
    }
    # Nine rows of four images: the five that became one with another are not left out.
    assert (reading.rows, reading.excluded) == (4, {})
    assert reading.unknown == {"pneumothorax set to unknown (readers divided)": 1, SAME: 4}
    assert "NO PATIENT IDS" in DATASET.summary


def test_sex_and_age_from_the_header(tmp_path: Path) -> None:
    root = copy_of(tmp_path, readers("a", {}, {}, {}), [row(name) for name in "bcdef"])
    dicom(root / "train/a.dicom", PatientSex="F", PatientAge="058Y", PatientName="Doe^Jane")
    dicom(root / "test/b.dicom", PatientSex="M", PatientAge="000Y")
    dicom(root / "test/c.dicom", PatientSex="O", PatientAge="")
    dicom(root / "test/d.dicom")
    dicom(root / "test/e.dicom", PatientSex="M", PatientAge="011M")
    table = read(root, Options()).table.set_index("patient")
    assert table["sex"].fillna("?").to_dict() == {"a": "F", "b": "M", "c": "?", "d": "?", "e": "M", "f": "?"}
    assert table["age"].fillna(-1).to_dict() == {"a": 58, "b": -1, "c": -1, "d": -1, "e": -1, "f": -1}
    assert "Doe" not in table.to_csv()
    assert decode(root / table.loc["a", "image"], 8).shape == (8, 8)


@pytest.mark.parametrize(("folder", "suffix"), [("annotations", ".dicom"), (".", ".dcm"), ("annotations", ".png")])
def test_where_files_may_lie(tmp_path: Path, folder: str, suffix: str) -> None:
    root = copy_of(tmp_path, readers("a", {}, {}, {}), [row("b")], folder, suffix)
    if suffix == ".png":
        picture(root / "train/a.png")
    assert read(root, Options()).table["image"].tolist() == [f"train/a{suffix}", f"test/b{suffix}"]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 1), st.booleans()), max_size=15))
def test_rows_in_are_rows_out_and_rows_counted(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str | None, int, bool]]
) -> None:
    # Rows that repeat another, rows without an image, images of the same name in both parts.
    train = [
        row("a", "R1"),
        *(row(name or "", "R2", Cardiomegaly=found) for name, found, in_test in drawn if not in_test),
    ]
    test = [row("z"), *(row(name or "", Cardiomegaly=found) for name, found, in_test in drawn if in_test)]
    reading = read(copy_of(tmp_path_factory.mktemp("vindr"), train, test), Options())
    rows = {(part, *line.items()) for part, of_part in (("train", train), ("test", test)) for line in of_part}
    named = [(part, name) for part, (_, name), *_ in rows if name]
    merged = len(named) - len(set(named))
    assert len(train) + len(test) == len(reading.table) + left_out(reading) + merged
    assert len(reading.table) == len(set(named))
    assert reading.table["image"].is_unique


def test_the_official_split(tmp_path: Path) -> None:
    train = [line for n in range(120) for line in readers(f"i{n}", *[{"Cardiomegaly": n % 2}] * 3)]
    test = [row(f"t{n}", Cardiomegaly=n % 2) for n in range(20)]
    root = copy_of(tmp_path, train, test)
    for n in range(120):
        dicom(root / f"train/i{n}.dicom", PatientSex="FM"[n // 2 % 2])
    for n in range(20):
        dicom(root / f"test/t{n}.dicom", PatientSex="FM"[n // 2 % 2])
    reading = read(root, Options())
    assert (reading.table["split"][120:] == "test").all()
    assert reading.table["split"][:120].tolist() == splits.train_or_val(reading.table["patient"][:120]).tolist()
    cohort = cohorts.build(
        reading, ChestXray, DATASET, protected="sex", targets=["cardiomegaly"], split="official", image_size=16
    )
    assert len(cohort) == 140
    assert (cohort.rows_in, cohort.excluded, cohort.set_to_unknown) == (140, {}, {SAME: 140})


def test_a_folder_that_lacks_something_says_what(tmp_path: Path) -> None:
    assert "holds no image_labels_train.csv (looked for in annotations, .)" in refused(read, tmp_path, Options())
    root = copy_of(tmp_path, readers("a", {}, {}, {}), [row("b")])
    test = root / "annotations/image_labels_test.csv"
    write_rows(test, [row("b") | {"No finding": "yes"}])
    assert "Column 'No finding'" in refused(read, root, Options())
    write_rows(test, [{name: value for name, value in row("b").items() if name != "Pleural effusion"}])
    assert "image_labels_test.csv lacks the column 'Pleural effusion'" in refused(read, root, Options())
    write_rows(test, [row("b")])
    for file in root.glob("t*/*.dicom"):
        file.unlink()
    assert "none of the 2 images" in refused(read, root, Options())


def miniature(root: Path) -> None:
    train = [
        row
        for n in range(PATIENTS)
        for row in readers(
            f"t{n:03d}", *[{"Pleural_effusion": n % 2, "No_finding": 1 - n % 2}] * 2, {"Nodule": n % 3 // 2}
        )
    ]
    copy_of(root, train, [row(f"u{n:03d}", Pleural_effusion=n % 2) for n in range(20)])
    for number, file in enumerate(sorted(root.rglob("*.dicom"))):
        dicom(file, PatientSex="FM"[number // 2 % 2], PatientAge="058Y" if number % 3 else "000Y")


MINIATURE = Miniature(
    miniature,
    tables={
        "annotations/image_labels_train.csv": ("image_id", "rad_id", "Pleural effusion"),
        "annotations/image_labels_test.csv": ("image_id", "No finding"),
    },
    options=("task.protected=sex", "task.targets=[effusion,no_finding]"),
)
