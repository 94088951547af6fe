"""What docs/own_data.md shows is done as it stands there, up to the pixels: training and scoring know no data set."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from bench.config import compose
from bench.data.cohorts import attrition
from bench.data.readers.mapping import Mapping
from bench.run import plan
from tests.places import ROOT

PAGE = (ROOT / "docs" / "own_data.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The only block in this language."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    (found,) = (text for name, text in blocks if name == language)
    return found


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


def test_every_key_is_explained() -> None:
    keys = set(re.findall(r"^\| `(\w+)`", PAGE, flags=re.MULTILINE))
    assert keys == set(Mapping.model_fields) | {"race"}
