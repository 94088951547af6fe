from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from bench.builtin.tasks.cxr import ChestXray
from bench.builtin.tasks.cxr.csv import DATASET
from bench.builtin.tasks.skin import Skin
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bench.cli.commands import app
from bench.data.readers import vocabulary
from bench.data.readers.drafting import draft
from bench.data.readers.loading import load
from bench.data.readers.own_table import OwnOptions
from bench.errors import BenchError
from tests.miniatures import refused

TABLE = (
    "Image Index;PatientID;Pleural Effusion;TB;PatientSex;Patient Age;RACE_DESC;View Position;Remarks\n"
    "a;p1;yes;1;female;61;White or Caucasian;PA;x: #1\n"
    "b;p2;no;0;M;90+;BLACK/AFRICAN AMERICAN;AP;\n"
    "c;p3;not assessed;;;999;Unknown;PA;\n"
)


def simple(root: Path, text: str = TABLE) -> Path:
    (root / "im").mkdir(exist_ok=True)
    for name in "abc":
        (root / "im" / f"{name}.png").touch()
    (root / "t.csv").write_text(text, encoding="cp1252")
    return root / "t.csv"


def test_the_draft_of_a_simple_table_reads_it(tmp_path: Path) -> None:
    text = draft(simple(tmp_path), ChestXray)
    bare = re.sub(r"\s+# .*|^#.*\n", "", text, flags=re.MULTILINE)
    assert yaml.safe_load(bare) == yaml.safe_load(text)
    (tmp_path / "mapping.yaml").write_text(text, encoding="utf-8")
    assert load(tmp_path / "mapping.yaml", ChestXray).columns()
    table = DATASET.read(tmp_path, OwnOptions()).table
    wanted = ["image", "patient", "effusion", "race", "sex", "age", "view"]
    assert table[wanted].astype(object).fillna("-").to_numpy().tolist() == [
        ["im/a.png", "p1", 1, "White", "F", 61, "PA"],
        ["im/b.png", "p2", 0, "Black", "M", 90, "AP"],
        ["im/c.png", "p3", "-", "-", "-", "-", "PA"],
    ]
    lines = text.splitlines()
    assert all("# guess" in line or line.endswith(":") for line in lines if not re.match(r"\s*#|table:", line))
    assert any(re.search(r"# or a finding of your own\?  tb: TB", line) for line in lines)
    assert "Remarks" in lines[-1]


def test_what_cannot_be_guessed_is_left_to_a_comment(tmp_path: Path) -> None:
    table = simple(tmp_path, "x,race\n1,Hispanic\n2,White\n3,NA\n")
    text = draft(table, ChestXray)
    assert "# image: " in text
    assert "# patient: " in text
    assert "# targets: none was guessed" in text
    assert "Hispanic (1), NA (1) still have no place" in text
    assert set(yaml.safe_load(text)) == {"table", "race"}
    assert "There is no file" in refused(draft, tmp_path / "none.csv", ChestXray)
    own = draft(simple(tmp_path, "file,mrn,TB\na.png,1,1\nb.png,2,0\n"), Skin)
    assert yaml.safe_load(own)["targets"] == {"tb": "TB"}
    assert yaml.safe_load(own)["image"] == {"column": "file", "path": "im/{}"}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text(st.sampled_from("aé:#'\"{}[],&*!|>%@ -~?"), min_size=1, max_size=8), min_size=3, max_size=3),
    st.text(st.sampled_from("aé:#'\"{}[]&*!|>%@ -~?"), max_size=6),
)
def test_any_words_are_written_as_yaml_reads_them(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], name: str
) -> None:
    import csv

    root = tmp_path_factory.mktemp("d")
    column = f"race {name}".strip()
    with open(root / "t.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["file", "mrn", "effusion", column], *(["f", "p", "1", word] for word in words)])
    given = yaml.safe_load(draft(root / "t.csv", ChestXray))
    assert (given["image"], given["patient"], given["targets"]) == ("file", "mrn", {"effusion": "effusion"})
    race = given["race"]
    assert (race if isinstance(race, str) else race["column"]) == column


def test_words() -> None:
    races = ChestXray.attributes["race"]
    said = {
        "White - Russian": "White", "caucasian": "White", "w": "White", "White, not Hispanic": "White",
        "ASIAN": "Asian", "White Hispanic": None, "Black and White": None, "Other": None, "Hispanic": None, "": None,
    }  # fmt: skip
    assert {word: vocabulary.group(word, races) for word in said} == said
    ages = {"90+": 90, ">89": 90, ">=90": 90, "89 and over": 89, "61 years": 61, "61": None, "old": None}
    assert {word: vocabulary.years(word) for word in ages} == ages
    assert vocabulary.tokens("PatientSex_DICOM") == ("patient", "sex", "dicom")


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = simple(tmp_path)
    run = CliRunner().invoke
    assert run(app, ["data", "map", str(table)]).stdout == draft(table, ChestXray)
    assert run(app, ["data", "map", str(table), "task=cxr", "out=2024_01"]).exit_code == 0
    assert (tmp_path / "2024_01").read_text(encoding="utf-8") == draft(table, ChestXray)
    for words, told in (
        ("out=2024_01", "there already"),
        ("out=no/x", "has no folder"),
        ("oot=x", "Did you mean 'out'"),
    ):
        error = run(app, ["data", "map", str(table), words]).exception
        assert isinstance(error, BenchError)
        assert told in str(error)
