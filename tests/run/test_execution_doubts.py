"""What is said when a training starts: of patients written in several ways, and of images that are another again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import training
from bench.config import compose
from bench.run import run

HEADER = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n"


class Begun(Exception):
    """Training would begin now."""


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    """Radiographs of 60 persons, two images each under two spellings, and one of them again under the next patient."""
    (tmp_path / "images").mkdir()
    rows = []
    for n in range(120):
        person, name = n // 2, f"{n:08d}_000.png"
        spelt = f"P{person}" if n % 2 else f"p{person}"
        rows.append(f"{name},{('No Finding', 'Effusion')[n % 2]},0,{spelt},50,{'MF'[person % 2]},PA\n")
        seed = 0 if n == 2 else n
        picture = np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(picture).save(tmp_path / "images" / name)
    (tmp_path / "Data_Entry_2017_v2020.csv").write_text(HEADER + "".join(rows))
    return tmp_path


def test_doubts_are_said_before_training(
    hospital: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def begin(*_: object, **__: object) -> None:
        raise Begun

    monkeypatch.setattr(training, "fit", begin)
    config = compose(
        [
            "method=erm", "task=cxr", "task.dataset=nih_cxr14", f"task.root={hospital}", "task.protected=sex",
            "task.targets=[effusion,no_finding]", "task.image_size=16", f"runs_dir={tmp_path / 'runs'}",
            f"cache_dir={tmp_path / 'cache'}",
        ]
    )  # fmt: skip
    with pytest.raises(Begun):
        run(config)
    said = " ".join(capsys.readouterr().err.split())
    assert "warning: 120 patients of 120 images are written like another" in said
    assert said.index("may be 60 persons") < said.index("images done in")
    assert "warning: 1 images are the same as another" in said
    assert "images/00000000_000.png and images/00000002_000.png" in said
