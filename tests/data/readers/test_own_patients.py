"""Own tables whose patients stand in a table of their own, or in folders."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tests.data.readers.test_own_table import ROW, mine, read
from tests.miniatures import refused, write_rows

PEOPLE: dict[str, Any] = {
    "table": "t.csv", "image": {"column": "FILE", "path": "images/{}.png"}, "patient": "MRN",
    "patients": {"table": "people.csv", "patient": "ID"}, "targets": {"cardiomegaly": "HEART"},
    "race": {"column": "ETHNIC", "values": {"W": "White", "B": "Black"}, "unknown": ["U"]}, "age": "AGE_P",
}  # fmt: skip


def with_people(root: Path, people: list[dict[str, Any]], change: dict[str, Any] | None = None) -> Path:
    rows = [ROW | {"FILE": f"f{n}", "MRN": f"p{n // 2}"} for n in range(6)]
    mine(root, rows)
    (root / "mapping.yaml").write_text(yaml.safe_dump(PEOPLE | (change or {})))
    write_rows(root / "people.csv", people)
    return root


def test_a_table_of_patients_beside_that_of_images(tmp_path: Path) -> None:
    people = [
        {"ID": "p0", "ETHNIC": "W", "AGE_P": "50", "SEX": "M"},
        {"ID": "p1", "ETHNIC": "U", "AGE_P": "", "SEX": "F"},
        {"ID": "p9", "ETHNIC": "nobody is asked", "AGE_P": "x", "SEX": "?"},
        {"ID": "p0", "ETHNIC": "W", "AGE_P": "50", "SEX": "M"},
    ]
    reading = read(with_people(tmp_path, people))
    assert reading.table["race"].fillna("-").tolist() == ["White", "White", "-", "-", "-", "-"]
    assert reading.table["age"].fillna(-1).tolist() == [50, 50, -1, -1, -1, -1]
    note = "set to unknown (patient not in the table of patients)"
    assert (reading.rows, reading.unknown) == (6, {f"race {note}": 2, f"age {note}": 2})
    sex = {"sex": {"column": "SEX", "table": "patients"}}
    assert read(with_people(tmp_path, people, sex)).table["sex"].fillna("-").tolist() == ["M", "M", "F", "F", "-", "-"]
    sex = {"sex": {"column": "SEX", "table": "images"}}
    assert read(with_people(tmp_path, people, sex)).table["sex"].tolist() == ["F"] * 6
    message = refused(read, with_people(tmp_path, people, {"sex": "SEX"}))
    assert "the column 'SEX' is in the table of images and in that of patients" in message
    message = refused(read, with_people(tmp_path, [{"ID": "p1", "ETHNIC": "Whit", "AGE_P": "1"}]))
    assert re.search(r"people.csv holds 'Whit' \(1 rows\) from line 2 on", message)


def test_a_table_of_patients_that_does_not_fit(tmp_path: Path) -> None:
    torn = [{"ID": "p0", "ETHNIC": "W", "AGE_P": "1"}, {"ID": "p0", "ETHNIC": "B", "AGE_P": "1"}]
    assert "differ for 1 patients, the first in lines 2 and 3" in refused(read, with_people(tmp_path, torn))
    others = [{"ID": "000", "ETHNIC": "W", "AGE_P": "1"}]
    assert "None of the patients in column 'ID'" in refused(read, with_people(tmp_path, others))
    message = refused(read, with_people(tmp_path, [{"id": "p0", "ETHNC": "W"}]))
    assert "people.csv lacks the column 'ID'" in message
    assert "'ETHNIC', 'AGE_P'" in message
    (tmp_path / "people.csv").unlink()
    assert "names the table 'people.csv', and there is no" in refused(read, tmp_path)


def test_one_row_a_patient_and_a_folder_of_images(tmp_path: Path) -> None:
    for name in ("P1/a.png", "P1/b.png", "P2/a.png", "P2/.DS_Store"):
        (tmp_path / "scans" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "scans" / name).touch()
    write_rows(tmp_path / "t.csv", [ROW | {"MRN": "P1"}, ROW | {"MRN": "P2", "HEART": "0"}, ROW | {"MRN": "P3"}])
    mapping = {
        "table": "t.csv", "image": {"column": "MRN", "path": "scans/{}"}, "patient": "MRN", "study": "ACC",
        "targets": {"cardiomegaly": "HEART"}, "sex": "SEX",
    }  # fmt: skip
    for path in ("scans/{}", "scans/{}/*.png", "**/{}/*"):
        (tmp_path / "mapping.yaml").write_text(yaml.safe_dump(mapping | {"image": {"column": "MRN", "path": path}}))
        reading = read(tmp_path)
        assert reading.table[["image", "patient", "study", "cardiomegaly"]].to_numpy().tolist() == [
            ["scans/P1/a.png", "P1", "x1", 1], ["scans/P1/b.png", "P1", "x1", 1], ["scans/P2/a.png", "P2", "x1", 0],
        ]  # fmt: skip
        assert (reading.rows, reading.excluded) == (4, {"image file missing": 1})
