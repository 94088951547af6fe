from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bench import training
from bench.config import compose
from bench.errors import BenchError
from bench.run import plan, run
from tests.conftest import TINY
from tests.networks import fresh


def test_weights_of_another_architecture_are_refused(tmp_path: Path, tiny_runs: Path) -> None:
    planned = plan(compose([*TINY, "method=erm", "task.targets=[effusion]", f"runs_dir={tiny_runs}"]))
    method = fresh(planned)
    training.save(method, tmp_path / "model.safetensors")
    assert sorted(os.listdir(tmp_path)) == ["model.safetensors"]
    other = plan(compose([*TINY, "method=adversarial", f"runs_dir={tiny_runs}"]))
    with pytest.raises(BenchError, match="does not hold the weights of Adversarial"):
        training.load(fresh(other), tmp_path / "model.safetensors")


def test_killed_while_cleaning_up_it_does_not_train_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """training.json is written before the checkpoints go; what is left of them is cleared away."""
    config = compose([*TINY, "method=erm", "trainer.max_epochs=1", f"runs_dir={tmp_path}"])
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    first = run(config, ["val"])
    assert list(first.folder.rglob("last.ckpt"))
    (first.folder / "run.json").unlink()
    monkeypatch.undo()
    monkeypatch.setattr(training, "fit", None)
    second = run(config, ["val"])
    assert second.record.files == first.record.files
    assert not list(first.folder.rglob("*.ckpt"))
