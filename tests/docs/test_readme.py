"""What the README and CONTRIBUTING show is run as it stands there."""

from __future__ import annotations

import re
import types
from pathlib import Path

import numpy as np

from bench.config import compose, multirun
from bench.run import run
from tests.conftest import TINY
from tests.docs.pages import CONTRIBUTING, README, block
from tests.places import ROOT


def test_the_method_it_shows_runs_and_is_no_longer_than_promised(tmp_path: Path) -> None:
    text = block("Mean matching", README)
    assert 15 <= len(text.splitlines()) <= 40
    (tmp_path / "my_method.py").write_text(text, encoding="utf-8")
    method = f"method={tmp_path / 'my_method.py'}"
    config = compose([*TINY, method, "method.strength=3", f"runs_dir={tmp_path / 'runs'}"])
    outcome = run(config)
    assert outcome.record.run.method.name == "my_method"
    assert outcome.record.run.method.uses_race == "train"
    assert np.isfinite(outcome.scores(config).find.value("auroc", target="macro"))


def test_the_commands_it_shows_are_understood() -> None:
    commands = re.findall(r"^bench run (.*?)(?: +#.*)?$", README, flags=re.MULTILINE)
    assert any("task.dataset=mimic_cxr" in command for command in commands)
    for command in commands:
        if "my_method.py" not in command:
            for job in multirun(command.removeprefix("-m ").split()):
                compose(job)


def test_the_reader_that_contributing_shows_reads(tmp_path: Path) -> None:
    rows = [f"{n:03d}.png,p{n // 2},{n % 2},{['Asian', 'African American', 'Declined'][n // 2 % 3]},6{n % 10}"
            for n in range(12)]  # fmt: skip
    lines = ["file,patient,effusion,race,age", *rows, rows[0], "x.png,,1,Asian,40", "gone.png,p9,-1,Asian,40"]
    (tmp_path / "images.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "images").mkdir()
    for row in rows:
        (tmp_path / "images" / row.partition(",")[0]).touch()
    module = types.ModuleType("teaching")
    exec(compile(block("The radiographs of a teaching hospital", CONTRIBUTING), "teaching.py", "exec"), module.__dict__)
    reading = module.DATASET.read(tmp_path, module.DATASET.options())
    assert reading.excluded == {"row repeated": 1, "file or patient missing": 1, "image file missing": 1}
    assert reading.table["race"].value_counts(dropna=False).to_dict() == {"Asian": 4, "Black": 4, np.nan: 4}
    assert reading.table["effusion"].tolist() == [0, 1] * 6


def test_every_file_it_points_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README + CONTRIBUTING):
        if not link.startswith("http"):
            assert (ROOT / link).exists(), link
