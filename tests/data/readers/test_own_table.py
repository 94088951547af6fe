from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from bench.builtin.tasks.cxr import ChestXray
from bench.builtin.tasks.cxr.csv import DATASET
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data import cohorts
from bench.data.cohorts import attrition
from bench.data.readers import own_table
from bench.data.readers.own_table import OwnOptions
from bench.scoring import studies
from bench.task import Reading, Task
from tests.miniatures import left_out, refused, write_rows

MAPPING: dict[str, Any] = {
    "table": "t.csv",
    "image": {"column": "FILE", "path": "images/{}.png"},
    "patient": "MRN",
    "study": "ACC",
    "targets": {
        "effusion": {"column": "EFF", "positive": ["yes", "big"], "negative": ["no", ""], "unknown": ["?"]},
        "cardiomegaly": "HEART",
    },
    "race": {"column": "RACE", "values": {"W": "White", "B": "Black", "A": "Asian"}, "unknown": ["U", ""]},
    "sex": "SEX",
    "age": {"column": "AGE", "unknown": ["999", ""]},
    "covariates": {"scanner": "DEV", "view": {"column": "V", "values": {"1": "PA", "2": "AP"}, "unknown": ["9"]}},
    "split": {"column": "SET", "values": {"fit": "train", "tune": "val", "hold": "test"}, "unknown": [""]},
}
ROW = {
    "FILE": "a", "MRN": "007", "ACC": "x1", "EFF": "yes", "HEART": "1", "RACE": "W", "SEX": "F", "AGE": "61",
    "DEV": "portable", "V": "1", "SET": "fit", "NOTE": "not named",
}  # fmt: skip


def mine(
    root: Path, rows: list[dict[str, Any]], change: dict[str, Any] | None = None, missing: tuple[str, ...] = ()
) -> Path:
    mapping = MAPPING | (change or {})
    write_rows(root / mapping["table"], rows)
    (root / "mapping.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    (root / "images").mkdir(exist_ok=True)
    for row in rows:
        if row["FILE"] and row["FILE"] not in missing:
            (root / "images" / f"{row['FILE']}.png").touch()
    return root


def read(root: Path, options: OwnOptions | None = None) -> Reading:
    return DATASET.read(root, options or OwnOptions())


@pytest.mark.parametrize("table", ["t.csv", "t.csv.gz", "tables/t.xlsx"])
def test_values_are_what_the_mapping_says(tmp_path: Path, table: str) -> None:
    second = {
        "FILE": "b", "MRN": "008", "ACC": "x2", "EFF": None, "HEART": "0.0", "RACE": "U", "SEX": None, "AGE": "999",
        "DEV": None, "V": "9", "SET": None, "NOTE": None,
    }  # fmt: skip
    third = ROW | {"FILE": "c", "EFF": "?", "HEART": None, "V": "2", "RACE": None, "SET": "hold"}
    reading = read(mine(tmp_path, [ROW, second, third], {"table": table}))
    assert reading.excluded == {}
    columns = [
        "image",
        "patient",
        "study",
        "effusion",
        "cardiomegaly",
        "race",
        "sex",
        "age",
        "scanner",
        "view",
        "split",
    ]
    assert reading.table[columns].astype(object).fillna("-").to_numpy().tolist() == [
        ["images/a.png", "007", "x1", 1, 1, "White", "F", 61, "portable", "PA", "train"],
        ["images/b.png", "008", "x2", 0, 0, "-", "-", "-", "-", "-", "-"],
        ["images/c.png", "007", "x1", "-", "-", "-", "F", 61, "portable", "AP", "test"],
    ]
    assert "NOTE" not in reading.table


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"RACE": "w"}, "Column 'RACE' of .*t.csv holds 'w' \\(2 rows\\).* Did you mean|under unknown"),
        ({"EFF": "maybe"}, "Column 'EFF' .* 'maybe' \\(2 rows\\)"),
        ({"HEART": "2"}, "Column 'HEART' .* '2' \\(2 rows\\)"),
        ({"SEX": "female"}, "Column 'SEX' .* 'female' \\(2 rows\\)"),
        ({"AGE": "old"}, "Column 'AGE' .* 'old' \\(2 rows\\)"),
        ({"AGE": "nan"}, "Column 'AGE' .* 'nan' \\(2 rows\\)"),
        ({"V": None}, "Column 'V' .* '' \\(2 rows\\)"),
        ({"SET": "training"}, "Column 'SET' .* 'training' \\(2 rows\\)"),
        ({"FILE": "../../x"}, "leads to 'images/../../x.png'. Images lie below task.root"),
    ],
)
def test_a_value_that_nothing_covers(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    rows = [ROW | change, ROW | change | {"ACC": "x9"}]
    root = mine(tmp_path, rows, missing=("../../x",))
    message = refused(read, root)
    assert re.search(words, message), message


def test_paths_as_they_stand_in_the_table(tmp_path: Path) -> None:
    root = mine(tmp_path, [ROW], {"image": "FILE"})
    write_rows(root / "t.csv", [ROW | {"FILE": "./images//a.png"}])
    assert read(root).table["image"].tolist() == ["images/a.png"]
    write_rows(root / "t.csv", [ROW | {"FILE": f"{root}/images/a.png"}])
    assert "paths are written from there" in refused(read, root)


def test_a_patient_with_two_races_is_unknown(tmp_path: Path) -> None:
    rows = [
        ROW | {"FILE": f"f{n}", "MRN": f"p{n // 2}", "RACE": "WB"[n // 2 % 2], "EFF": ["yes", "no"][n % 2], "ACC": n}
        for n in range(200)
    ]
    rows[1]["RACE"] = "A"
    cohort = cohorts.build(read(mine(tmp_path, rows)), ChestXray, DATASET, targets=["effusion"], image_size=16)
    assert (cohort.rows_in, cohort.excluded) == (200, {})
    assert cohort.set_to_unknown == {"race set to unknown (two recorded for the patient)": 2}
    assert attrition.of(cohort).unknown == {"race": 2}
    assert cohort.spec.groups == ("Black", "White")


def test_a_task_with_attributes_of_its_own(tmp_path: Path) -> None:
    class Skin(Task):
        """Skin."""

        name = "skin"
        targets = ("malignant",)
        attributes: ClassVar = {"skin_tone": ("dark", "light")}
        protected = "skin_tone"

    mapping = {
        "table": "t.csv", "image": "FILE", "patient": "MRN", "targets": {"malignant": "HEART"},
        "skin_tone": {"column": "V", "values": {"1": "dark", "2": "light"}},
    }  # fmt: skip
    (tmp_path / "mapping.yaml").write_text(yaml.safe_dump(mapping))
    (tmp_path / "a").touch()
    write_rows(tmp_path / "t.csv", [ROW])
    skin = own_table.dataset(Skin)
    assert skin.read(tmp_path, OwnOptions()).table.to_dict("records") == [
        {"image": "a", "patient": "007", "malignant": 1.0, "skin_tone": "dark"}
    ]
    (tmp_path / "mapping.yaml").write_text(yaml.safe_dump(mapping | {"race": "RACE"}))
    assert "there is no 'race'." in refused(skin.read, tmp_path, OwnOptions())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "gone", None]), st.sampled_from(["p", "q", None])), max_size=12))
def test_rows_in_are_rows_out_and_rows_counted(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str | None, str | None]]
) -> None:
    rows = [ROW, *(ROW | {"FILE": file, "MRN": patient} for file, patient in drawn)]
    reading = read(mine(tmp_path_factory.mktemp("own"), rows, missing=("gone",)))
    assert len(rows) == len(reading.table) + left_out(reading)


def test_where_the_mapping_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = mine(tmp_path / "data", [ROW])
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert len(read(root).table) == 1
    (root / "mapping.yaml").rename("here.yaml")
    assert len(read(root, OwnOptions(mapping=Path("here.yaml"))).table) == 1
    assert len(read(root, OwnOptions(mapping=tmp_path / "work" / "here.yaml")).table) == 1
    message = refused(read, root)
    assert "task.mapping=mapping.yaml is neither in" in message
    assert "docs/own_data.md" in message
    (root / "here.yaml").write_text("table: other.csv")
    assert "working directory as well" in refused(read, root, OwnOptions(mapping=Path("here.yaml")))


def test_a_folder_that_lacks_something_says_what(tmp_path: Path) -> None:
    assert "task.root=" in refused(DATASET.read, None, OwnOptions())
    root = mine(tmp_path, [ROW])
    write_rows(root / "t.csv", [{("RACES" if name == "RACE" else name): value for name, value in ROW.items()}])
    assert "lacks the column 'RACE'. Did you mean 'RACES'?" in refused(read, root)
    (root / "t.csv").unlink()
    assert "names the table 't.csv', and there is no" in refused(read, root)
    root = mine(tmp_path, [ROW | {"FILE": "z"}])
    (root / "images/z.png").unlink()
    message = refused(read, root)
    assert "none of the 1 images" in message
    assert "images/z.png" in message


def test_codes_and_words_of_age(tmp_path: Path) -> None:
    def ages(values: dict[str, Any], words: list[str], unknown: list[str] | None = None) -> list[float]:
        rows = [ROW | {"FILE": f"f{n}", "AGE": word} for n, word in enumerate(words)]
        mapped = {"column": "AGE", "values": values, "unknown": unknown or [""]}
        return read(mine(tmp_path, rows, {"age": mapped})).table["age"].fillna(-1).tolist()

    assert ages({"1": "15", "2": 25}, ["1", "2", ""]) == [15, 25, -1]
    assert ages({"90+": "90", ">89": 90}, ["90+", "61", ">89", "7.5", "999"], ["999"]) == [90, 61, 90, 7.5, -1]
    # A code that is listed nowhere is no age of nine years.
    assert "holds '9' (1 rows) from line 3 on" in refused(ages, {"1": "15"}, ["1", "9"])
    assert "holds '90+' (1 rows)" in refused(ages, {">89": "90"}, ["61", "90+"])


def test_blank_studies_are_studies_of_their_own(tmp_path: Path) -> None:
    rows = [
        ROW | {"FILE": f"f{n}", "MRN": f"p{n // 2}", "RACE": "WB"[n // 2 % 2], "EFF": ["yes", "no"][n % 2],
               "ACC": "" if n % 4 == 0 else f"s{n // 2}"}
        for n in range(200)
    ]  # fmt: skip
    cohort = cohorts.build(read(mine(tmp_path, rows)), ChestXray, DATASET, targets=["effusion"], image_size=16)
    assert cohort.table["study"].notna().all()
    made = studies.of(cohort)
    assert made.codes.min() == 0
    assert len(made.cohort) == 150


OWN: dict[str, Any] = {
    "targets": {"tuberculosis": "HEART", "effusion": {"column": "EFF", "positive": ["yes"], "negative": ["no"]}},
    "race": {"column": "RACE", "values": {"W": "Han", "B": "Uyghur"}, "groups": ["Uyghur", "Han", "Tibetan"]},
    "attributes": {"caste": {"column": "V", "values": {"1": "low", "2": "high"}}},
    "covariates": {},
}


def test_targets_and_groups_of_ones_own_are_those_of_the_cohort(tmp_path: Path) -> None:
    rows = [
        ROW | {"FILE": f"f{n}", "MRN": f"p{n // 2}", "RACE": "WB"[n // 2 % 2], "EFF": ["yes", "no"][n % 2], "ACC": n,
               "HEART": n // 4 % 2, "V": 1 + n // 2 % 2}
        for n in range(400)
    ]  # fmt: skip
    reading = read(mine(tmp_path, rows, OWN))
    cohort = cohorts.build(reading, ChestXray, DATASET, image_size=16)
    assert cohort.spec.targets == ("effusion", "tuberculosis")
    assert cohort.spec.groups == ("Uyghur", "Han")
    assert cohort.attribute_groups == {"race": ("Uyghur", "Han"), "sex": ("F",), "caste": ("high", "low")}
    assert cohort.attribute("caste").codes.max() == 1
    one = cohorts.build(
        reading, ChestXray, DATASET, targets=["tuberculosis"], protected="caste", groups=["low", "high"], image_size=16
    )
    assert (one.spec.targets, one.spec.protected, one.spec.groups) == (("tuberculosis",), "caste", ("high", "low"))
    build: Any = cohorts.build
    assert "'tubercolosis', which is no target of task 'cxr'. Did you mean 'tuberculosis'?" in refused(
        build, reading, ChestXray, DATASET, targets=["tubercolosis"], image_size=16
    )
    assert "no group of race" in refused(build, reading, ChestXray, DATASET, groups=["White", "Han"], image_size=16)


def test_every_fault_of_table_and_mapping_is_told_at_once(tmp_path: Path) -> None:
    rows = [ROW | {"EFF": "maybe", "RACE": "w", "AGE": "old", "SET": "x"}]
    targets = MAPPING["targets"] | {"efusion": "HEART"}
    root = mine(tmp_path, rows, {"targets": targets, "sex": "SEXX", "covariates": {"view": "VIEW"}}, missing=("a",))
    message = refused(read, root)
    assert message.startswith("7 things are to be mended. (1) ")
    for words in ("'efusion'", "'SEXX', 'VIEW'", "none of the 1 images", "'maybe'", "'w'", "'old'", "'x'"):
        assert words in message
    root = mine(tmp_path, [ROW | {"HEART": "3"}], {"targets": targets})
    assert "things" in refused(read, root)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_as_programs_export_them(tmp_path: Path, encoding: str, separator: str) -> None:
    root = mine(tmp_path, [ROW])
    (root / "images" / "Müller #1.png").touch()
    cells = {name: "" if value is None else value for name, value in (ROW | {"FILE": "Müller #1"}).items()}
    lines = [separator.join(cells), separator.join(cells.values())]
    (root / "t.csv").write_bytes("".join(f"{line}{separator}\r\n" for line in lines).encode(encoding))
    assert read(root).table["image"].tolist() == ["images/Müller #1.png"]


def test_a_table_that_is_a_link_in_a_circle(tmp_path: Path) -> None:
    root = mine(tmp_path, [ROW])
    (root / "t.csv").unlink()
    (root / "t.csv").symlink_to(root / "t.csv")
    assert "there is no" in refused(read, root)
    (root / "mapping.yaml").unlink()
    (root / "mapping.yaml").symlink_to(root / "mapping.yaml")
    assert "is neither in" in refused(read, root)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "is not a folder" in refused(read, tmp_path / "loop")


def test_covariates_of_ones_own_are_words_or_numbers_and_stand_in_the_cohort(tmp_path: Path) -> None:
    rows = [
        ROW | {"FILE": f"f{n}", "MRN": f"p{n // 2}", "RACE": "WB"[n // 2 % 2], "EFF": ["yes", "no"][n % 2], "ACC": n,
               "BMI": "" if n == 7 else str(20 + n // 2 % 40 / 2), "WARD": str(n // 2 % 5)}
        for n in range(400)
    ]  # fmt: skip
    change = {"covariates": {"scanner": "DEV", "bmi": {"column": "BMI", "number": True}, "ward": "WARD"}}
    cohort = cohorts.build(
        read(mine(tmp_path, rows, change)), ChestXray, DATASET, targets=["effusion"], image_size=16, checked=False
    )
    assert {"scanner", "bmi", "ward"} <= set(cohort.covariates)
    kinds = {one.name: one.kind for one in cohort.confounders(cohort.truth) if one.covariate}
    assert kinds == {"bmi": "number", "ward": "category"}
    assert cohort.table["bmi"].isna().sum() == 1

    def said(covariates: dict[str, Any]) -> str:
        return refused(read, mine(tmp_path, rows, {"covariates": covariates}))

    assert "holds 40 different numbers. Say number: true" in said({"bmi": "BMI"})
    assert "hold none, the first 'portable' in line 2" in said({"dev": {"column": "DEV", "number": True}})
    assert "Did you mean 'scanner'" in said({"scaner": "DEV"})
    assert "is a covariate of task" in said({"scanner": {"column": "DEV", "own": True}})
    assert "stands for something else" in said({"sex": "DEV"})
    assert "leave one of the two out" in said({"bmi": {"column": "BMI", "number": True, "values": {"1": "2"}}})
