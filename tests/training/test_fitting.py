from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from bench.training import fitting as training
from bench.config import compose
from bench.errors import BenchError
from bench.method import Method
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
    return list(record.scores)


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
    assert not list((tmp_path / "killed").rglob("record.json"))
    resumed = run(compose([*overrides, f"runs_dir={tmp_path / 'killed'}"])).record
    assert scores(resumed) == scores(whole)
    assert resumed.training.curve == whole.training.curve
    assert len(read_all(tmp_path / "killed")) == 1


def test_the_best_epoch_is_kept_and_training_stops_when_it_has_long_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aurocs = iter([0.6, 0.9, 0.7, 0.7, 0.7, 0.7])
    monkeypatch.setattr(training, "macro_auroc", lambda targets, logits: next(aurocs))
    weights = {}
    end = training._Selection.on_train_epoch_end

    def remember(self, trainer, module):  # type: ignore[no-untyped-def]
        weights[trainer.current_epoch] = module.head.weight.detach().clone()
        end(self, trainer, module)

    monkeypatch.setattr(training._Selection, "on_train_epoch_end", remember)
    config = compose([*TINY, "method=erm", "trainer.max_epochs=6", "trainer.patience=2", f"runs_dir={tmp_path}"])
    info = run(config, ["val"]).record.training
    assert (info.epochs, info.best_epoch, info.best_auroc) == (4, 1, 0.9)
    kept = load_file(next(tmp_path.rglob(training.WEIGHTS)))
    assert torch.equal(kept["head.weight"], weights[1])


def test_epochs_of_a_warm_up_are_not_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aurocs = iter([0.99, 0.98, 0.7, 0.75])
    monkeypatch.setattr(training, "macro_auroc", lambda targets, logits: next(aurocs))
    config = compose([*TINY, "method=adversarial", "trainer.max_epochs=4", f"runs_dir={tmp_path}"])
    info = run(config, ["val"]).record.training
    assert info.best_epoch == 3
    assert info.best_auroc == 0.75


def test_a_network_trained_for_race_keeps_its_last_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its diagnosis does: its best epoch comes first here, and patience is short."""
    aurocs = iter([0.9, 0.8, 0.7, 0.6])
    monkeypatch.setattr(training, "macro_auroc", lambda targets, logits: next(aurocs))
    overrides = [*TINY, "method=race_reader", "trainer.max_epochs=4", "trainer.patience=1", f"runs_dir={tmp_path}"]
    record = run(compose(overrides), ["val"]).record
    assert (record.training.epochs, record.training.best_epoch, record.training.best_auroc) == (4, 3, 0.6)
    assert record.method.reference


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


def test_predicting_withholds_targets_and_race_and_is_float32(tiny_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.run import plan

    planned = plan(compose([*TINY, "method=adversarial", f"runs_dir={tiny_runs}"]))
    method = training.build(planned.method, planned.config, planned.cohort.spec)
    seen = []
    step = Method.predict_step

    def watch(self, batch, batch_idx=0):  # type: ignore[no-untyped-def]
        seen.append(batch)
        logits, features = step(self, batch)
        assert features.dtype == logits.dtype == torch.float32
        assert not self.training
        return logits, features

    monkeypatch.setattr(Method, "predict_step", watch)
    val = planned.cohort.part("val")
    pixels = torch.zeros(len(planned.cohort), 32, 32, dtype=torch.uint8).numpy()
    found = training.predict(method, val, pixels)
    assert found.logits.shape == (len(val), 6)
    assert found.features.shape == (len(val), 128)
    assert all((batch.groups == -1).all() and torch.isnan(batch.targets).all() for batch in seen)


def test_precision_auto_is_bf16_only_where_the_device_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(training, "_cpu_computes_in_bf16", lambda: False)
    assert training.precision("auto") == "32"
    monkeypatch.setattr(training, "_cpu_computes_in_bf16", lambda: True)
    assert training.precision("auto") == "bf16"
    assert training.precision("32") == "32"


def test_weights_of_another_architecture_are_refused(tmp_path: Path, tiny_runs: Path) -> None:
    from bench.run import plan

    planned = plan(compose([*TINY, "method=erm", "task.targets=[effusion]", f"runs_dir={tiny_runs}"]))
    method = training.build(planned.method, planned.config, planned.cohort.spec)
    training.save(method, tmp_path / "model.safetensors")
    assert sorted(os.listdir(tmp_path)) == ["model.safetensors"]
    other = plan(compose([*TINY, "method=adversarial", f"runs_dir={tiny_runs}"]))
    with pytest.raises(BenchError, match="does not hold the weights of Adversarial"):
        training.load(training.build(other.method, other.config, other.cohort.spec), tmp_path / "model.safetensors")


def test_killed_while_cleaning_up_it_does_not_train_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """training.json is written before the checkpoints go; what is left of them is cleared away."""
    config = compose([*TINY, "method=erm", "trainer.max_epochs=1", f"runs_dir={tmp_path}"])
    monkeypatch.setattr(training.shutil, "rmtree", lambda *_, **__: None)
    first = run(config, ["val"])
    assert list(first.folder.rglob("last.ckpt"))
    (first.folder / "record.json").unlink()
    monkeypatch.undo()
    monkeypatch.setattr(training, "fit", None)
    second = run(config, ["val"])
    assert second.record.scores == first.record.scores
    assert not list(first.folder.rglob("*.ckpt"))
