from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from bench.config import compose
from bench.data.readers.own_table import OwnOptions
from bench.records import Record, Score, ScoreFile
from bench.run import run
from bench.training import loggers
from tests.conftest import TINY
from tests.records.samples import file

SCORES = [
    file("r", Score(metric="auroc", value=0.5, low=0.4, high=0.6, n=3, target="macro", read_by="ridge")),
    file("r", Score(metric="auroc", value=None, n=0, target="macro", note="one class only"), suite=2),
]
SECRET = ("/secret/root", "hidden.yaml", "/hidden/elsewhere", "secretive")


def known() -> dict[str, Any]:
    secret = (f"task.root={SECRET[0]}", f"task.mapping={SECRET[1]}", f"test.root={SECRET[2]}", f"runs_dir={SECRET[3]}")
    config = compose(["task=cxr", "task.dataset=csv", "test.dataset=csv", "method=adversarial", "seed=3", *secret])
    return loggers.told(config, OwnOptions, "abc123")


def overrides(folder: Path, logger: str) -> list[str]:
    return [*(o for o in TINY if not o.startswith("logger=")), f"logger={logger}", "method=erm", f"runs_dir={folder}"]


@pytest.mark.usefixtures("few_probes")
def test_curves_scores_and_options_are_logged_below_the_run(tmp_path: Path, tiny_record: Record) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    outcome = run(compose(overrides(tmp_path / "t", "tensorboard")))
    assert outcome.record.run.training.curve == tiny_record.run.training.curve
    tags: set[str] = set()
    for events in (outcome.folder / "log").rglob("events.out.tfevents.*"):
        tags |= set(EventAccumulator(str(events)).Reload().Tags()["scalars"])
    assert {"val/auroc", "test/suite 2/auroc/target=macro"} <= tags
    assert "abc" not in tags
    (hyperparameters,) = (outcome.folder / "log").rglob("hparams.yaml")
    assert "method.lr" in hyperparameters.read_text()
    assert str(tmp_path) not in hyperparameters.read_text()


def test_a_run_has_its_figure(tiny_runs: Path) -> None:
    figure = next(tiny_runs.rglob("scores.png"))
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_what_is_told_names_no_path() -> None:
    told = known()
    assert (told["record"], told["method.name"], told["task"], told["seed"]) == ("abc123", "adversarial", "cxr", 3)
    assert told["test"] == "csv"
    assert not [value for value in told.values() for secret in SECRET if secret in str(value)]


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody is logged in to Weights & Biases."""
    import wandb

    wandb.teardown()
    for name in ("WANDB_MODE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "run"


def logged(folder: Path, files: list[ScoreFile], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a run that logs to Weights & Biases tells it."""
    import wandb

    told: dict[str, Any] = {"summary": {}, "logged": {}}
    update, log = wandb.sdk.wandb_summary.Summary.update, wandb.sdk.wandb_run.Run.log

    def watch_summary(self, values):  # type: ignore[no-untyped-def]
        told["summary"].update(values)
        update(self, values)

    def watch_log(self, data, *args, **kwargs):  # type: ignore[no-untyped-def]
        told["logged"].update(data)
        return log(self, data, *args, **kwargs)

    monkeypatch.setattr(wandb.sdk.wandb_summary.Summary, "update", watch_summary)
    monkeypatch.setattr(wandb.sdk.wandb_run.Run, "log", watch_log)
    folder.mkdir()
    made = loggers.logger("wandb", folder, "abc123", "cxr-csv-adversarial-3", known())
    assert made
    run = made.experiment  # type: ignore[union-attr]
    told |= {"id": run.id, "group": run.group, "tags": run.tags, "name": run.name}
    loggers.log_result(made, files, folder / "none.png", known())
    return told


def test_wandb_without_a_login_is_offline_and_says_where(
    nobody: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = logged(nobody, SCORES, monkeypatch)
    said = capsys.readouterr().err
    assert "Not logged in" in said
    assert "wandb sync" in said
    assert told["summary"] == {"test/suite 1/auroc/target=macro": 0.5}
    table = told["logged"]["intervals"]
    assert table.data[0] == ["test", 1, "auroc/target=macro", 0.5, 0.4, 0.6, 3, None, None]
    assert table.data[1][-1] == "one class only"
    assert (told["id"], told["group"], told["name"]) == ("abc123", "cxr-csv-adversarial", "cxr-csv-adversarial-3")
    assert set(told["tags"]) == {"cxr", "csv", "adversarial"}
    assert "WANDB_MODE" not in os.environ
    (sent,) = nobody.rglob("*.wandb")
    for word in (*SECRET, socket.gethostname(), str(Path.cwd()), "pytest "):
        assert word.encode() not in sent.read_bytes(), word


def test_wandb_that_does_not_answer_is_offline(
    nobody: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(loggers, "_PATIENCE", 5)
    assert logged(nobody, SCORES, monkeypatch)["summary"]
    assert "cannot be reached" in capsys.readouterr().err
    assert list(nobody.rglob("*.wandb"))


def test_wandb_that_is_disabled_is_not_begun(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    nobody.mkdir()
    assert loggers.logger("wandb", nobody, "abc123", "a-b-c-0", known()) is False
    assert not list(nobody.iterdir())
