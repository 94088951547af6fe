from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.config import compose
from bench.errors import BenchError
from bench.records import Record, read_all
from bench.run import run
from tests.conftest import TINY

PLUGIN = '''
from bench.method import Method


class Broken(Method):
    """A method with a fault."""

    def {step}
'''


def broken(folder: Path, name: str, step: str) -> str:
    path = folder / f"{name}.py"
    path.write_text(PLUGIN.format(step=step))
    return f"method={path}"


def scores(record: Record) -> list[object]:
    return [(file.head, file.scores) for file in record.files]


@pytest.mark.parametrize("method", ["method=adversarial", "method=group_dro"])
def test_killed_in_the_middle_the_same_command_ends_in_the_same_scores(tmp_path: Path, method: str) -> None:
    """kill -9 after a checkpoint; what lives in memory (optimisers, random numbers, group weights) must come back."""
    overrides = [*TINY, method, "trainer.max_epochs=6", "trainer.patience=6"]
    whole = run(compose([*overrides, f"runs_dir={tmp_path / 'whole'}"])).record
    command = [sys.executable, "-m", "bench", "run", *overrides, f"runs_dir={tmp_path / 'killed'}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not list((tmp_path / "killed").rglob("last.ckpt")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list((tmp_path / "killed").rglob("last.ckpt")), "it was to be killed between two epochs"
    assert not list((tmp_path / "killed").rglob("run.json"))
    resumed = run(compose([*overrides, f"runs_dir={tmp_path / 'killed'}"])).record
    assert scores(resumed) == scores(whole)
    assert resumed.run.training.curve == whole.run.training.curve
    assert len(read_all(tmp_path / "killed")) == 1


def test_a_loss_that_is_not_finite_stops_at_once_and_names_the_step(tmp_path: Path) -> None:
    step = """loss(self, batch):
        return super().loss(batch) * (float("nan") if self.trainer.global_step == 3 else 1)"""
    with pytest.raises(BenchError, match=r"became nan at step 3 \(epoch 0"):
        run(compose([*TINY, broken(tmp_path, "turns_nan", step), f"runs_dir={tmp_path / 'runs'}"]))


@pytest.mark.parametrize(
    ("name", "step", "words"),
    [
        (
            "flat",
            "encode(self, images):\n        return super().encode(images).flatten()",
            r"encode returned shape \(\d+,\)",
        ),
        (
            "narrow",
            "classify(self, features):\n        return super().classify(features)[:, :1]",
            r"classify returned shape .*must return \(\d+, 6\)",
        ),
        (
            "vector",
            "loss(self, batch):\n        return super().loss(batch)[None]",
            r"loss returned a tensor of shape \(1,\)",
        ),
    ],
)
def test_a_step_of_the_wrong_shape_is_named(tmp_path: Path, name: str, step: str, words: str) -> None:
    with pytest.raises(BenchError, match=words):
        run(compose([*TINY, broken(tmp_path, name, step), f"runs_dir={tmp_path / 'runs'}"]))


def test_race_is_withheld_from_a_method_that_says_never(tmp_path: Path) -> None:
    step = (
        "prepare(self, train):\n        assert (train.groups == -1).all()\n\n"
        "    def loss(self, batch):\n        assert (batch.groups == -1).all()\n        return super().loss(batch)"
    )
    run(
        compose([*TINY, broken(tmp_path, "blind", step), "trainer.max_epochs=1", f"runs_dir={tmp_path / 'runs'}"]),
        ["val"],
    )
