"""What docs/own_data.md shows is done as it stands there, up to the pixels: training and scoring know no data set."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from bench.builtin.tasks.cxr import ChestXray

from bench.config import compose
from bench.data.cohorts import attrition
from bench.data.cohorts.chosen import choose
from bench.data.readers import drafting
from bench.data.readers.mapping import Mapping
from bench.run import plan
from tests.miniatures import refused
from tests.places import ROOT

PAGE = (ROOT / "docs" / "own_data.md").read_text(encoding="utf-8")


def block(language: str, place: int = 0) -> str:
    """A block in this language, the first unless told otherwise."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    return [text for name, text in blocks if name == language][place]


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    script, command = block("").strip().splitlines()
    assert script == "python make_example.py"
    exec(compile(block("python"), "make_example.py", "exec"), {})
    (tmp_path / "mine" / "mapping.yaml").write_text(block("yaml"), encoding="utf-8")
    words = shlex.split(command)
    assert words[:2] == ["bench", "run"]
    planned = plan(compose(words[2:]))
    cohort = planned.cohort
    assert (cohort.dataset, len(cohort), cohort.spec.targets) == ("csv", 800, ("effusion", "cardiomegaly"))
    table = pd.read_csv(tmp_path / "mine" / "visits.csv", keep_default_na=False)
    silent = int(table["RACE_DESC"].isin(["U", ""]).sum())
    assert cohort.excluded == {}
    assert attrition.of(cohort).unknown["race"] == silent > 0
    images = planned.chosen.open_images(cohort, tmp_path)
    assert images.rejected == ()
    sick = cohort.targets[:, 0] == 1
    assert images.pixels[sick].mean() > images.pixels[~sick].mean() + 20


def test_the_messy_table_is_drafted_completed_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block("python", 1), "make_messy.py", "exec"), {})
    root = tmp_path / "clinic 2024"
    drafted, finished = block("yaml", 1), block("yaml", 2)
    (words,) = re.findall(r"^`bench data map (.*?)`", PAGE, flags=re.MULTILINE)
    assert drafting.draft(Path(*shlex.split(words)), ChestXray) == drafted
    words = shlex.split(block("", 1))
    assert words[:3] == ["bench", "data", "check"]
    chosen = choose(compose(words[3:]).task)

    (root / "mapping.yaml").write_text(drafted, encoding="utf-8")
    assert "holds 'fraglich' (206 rows) from line " in refused(chosen.cohort)
    (root / "mapping.yaml").write_text(finished, encoding="utf-8")
    cohort = chosen.cohort()
    assert (len(cohort), cohort.excluded) == (600, {})
    assert (cohort.spec.targets, cohort.spec.groups) == (("effusion", "tuberculosis"), ("Han", "Uyghur"))
    assert cohort.table["age"].max() == 90
    assert cohort.table["sex"].isin(["F", "M"]).all()

    wrong = finished.replace(", w: F", "").replace("effusion:", "efusion:").replace("view: View", "view: Position")
    (root / "mapping.yaml").write_text(wrong, encoding="utf-8")
    assert refused(chosen.cohort).replace(f"{tmp_path}/", "") == block("text").strip()


def test_every_key_is_explained() -> None:
    keys = set(re.findall(r"^\| `(\w+)`", PAGE, flags=re.MULTILINE))
    assert keys == {field.alias or name for name, field in Mapping.model_fields.items()} | {"race"}
