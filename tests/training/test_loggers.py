from __future__ import annotations

from pathlib import Path

import pytest

from bench.config import compose
from bench.records import Record
from bench.run import run
from tests.conftest import TINY, scored


def overrides(folder: Path, logger: str) -> list[str]:
    return [*(o for o in TINY if not o.startswith("logger=")), f"logger={logger}", "method=erm", f"runs_dir={folder}"]


@pytest.mark.parametrize(("logger", "file"), [("csv", "metrics.csv"), ("tensorboard", "events.out.tfevents.*")])
def test_curves_are_logged_below_the_run(tmp_path: Path, logger: str, file: str, tiny_record: Record) -> None:
    outcome = run(compose(overrides(tmp_path, logger)))
    assert list((outcome.folder / "log").rglob(file))
    assert scored(outcome.record) == scored(tiny_record)


def test_a_run_has_its_figure(tiny_runs: Path) -> None:
    figure = next(tiny_runs.rglob("scores.png"))
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_wandb_is_offline_without_a_login_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import wandb

    summary: dict[str, float] = {}
    logged: list[dict[str, object]] = []
    update = wandb.sdk.wandb_summary.Summary.update
    log = wandb.sdk.wandb_run.Run.log
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))

    def watch_summary(self, values):  # type: ignore[no-untyped-def]
        summary.update(values)
        update(self, values)

    def watch_log(self, data, *args, **kwargs):  # type: ignore[no-untyped-def]
        logged.append(data)
        return log(self, data, *args, **kwargs)

    monkeypatch.setattr(wandb.sdk.wandb_summary.Summary, "update", watch_summary)
    monkeypatch.setattr(wandb.sdk.wandb_run.Run, "log", watch_log)
    outcome = run(compose(overrides(tmp_path / "runs", "wandb")))
    said = capsys.readouterr().err
    assert "offline" in said
    assert "wandb sync" in said
    assert list(outcome.folder.rglob("*.wandb"))
    test = outcome.record.of("test")
    assert test is not None
    assert summary["test/suite 1/auroc/target=macro"] == test.find.value("auroc", target="macro")
    keys = {key for data in logged for key in data}
    assert {"scores", "train/loss", "val/auroc"} <= keys
