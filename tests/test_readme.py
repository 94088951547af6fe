"""What the README shows is run as it stands there."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from bench.config import compose
from bench.data import cohorts
from bench.registry import TASKS
from bench.run import run
from tests.conftest import TINY

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def block(words: str) -> str:
    """The Python block whose first line holds these words."""
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    return next(text for text in blocks if words in text.partition("\n")[0])


def test_the_method_it_shows_runs_and_is_no_longer_than_promised(tmp_path: Path) -> None:
    text = block("Mean matching")
    assert 15 <= len(text.splitlines()) <= 40
    (tmp_path / "my_method.py").write_text(text, encoding="utf-8")
    method = f"method={tmp_path / 'my_method.py'}"
    record = run(compose([*TINY, method, "method.strength=3", f"runs_dir={tmp_path / 'runs'}"])).record
    assert record.method.name == "my_method"
    assert record.method.uses_race == "train"
    assert record.score("auroc", target="macro").value is not None


def test_the_reader_it_shows_reads_a_miniature_chexpert(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    races = ["White, non-Hispanic", "Black or African American", "Asian", "Unknown"]
    rows, people = [], []
    for number in range(120):
        patient = f"patient{number:05d}"
        for view, kind in (("view1_frontal", "Frontal"), ("view2_lateral", "Lateral")):
            path = f"CheXpert-v1.0-small/train/{patient}/study1/{view}.jpg"
            file = tmp_path / path.partition("/")[2]
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(file)
            findings = {
                "Pleural Effusion": rng.choice([1.0, 0.0, -1.0, np.nan]),
                "Cardiomegaly": rng.choice([1.0, 0.0]),
                "Lung Opacity": rng.choice([1.0, 0.0]),
                "No Finding": rng.choice([1.0, 0.0]),
            }
            sex = ["Male", "Female"][number % 2]
            rows.append({"Path": path, "Sex": sex, "Age": 60, "Frontal/Lateral": kind, "AP/PA": "AP", **findings})
        people.append({"PATIENT": patient, "PRIMARY_RACE": races[number % 4], "ETHNICITY": "Not Hispanic"})
    pd.DataFrame(rows).to_csv(tmp_path / "train.csv", index=False)
    pd.DataFrame([*people, people[0]]).to_excel(tmp_path / "CHEXPERT DEMO.xlsx", index=False)

    module = types.ModuleType("chexpert")
    sys.modules["chexpert"] = module
    exec(compile(block("CheXpert"), "chexpert.py", "exec"), module.__dict__)
    dataset = module.DATASET
    reading = dataset.read(tmp_path, dataset.options())
    assert reading.excluded == {"lateral view": 120}
    assert reading.table["race"].value_counts(dropna=False).to_dict() == {
        "White": 29,
        "Black": 30,
        "Asian": 30,
        np.nan: 31,
    }
    assert set(reading.table["effusion"].dropna()) == {0.0, 1.0}
    assert all((tmp_path / image).is_file() for image in reading.table["image"])
    cohort = cohorts.build(reading, TASKS.get("cxr").load(), dataset, image_size=16)
    assert cohort.spec.groups == ("Asian", "Black", "White")


def test_every_file_it_points_to_is_there() -> None:
    root = Path(__file__).parent.parent
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        if not link.startswith("http"):
            assert (root / link).exists(), link
