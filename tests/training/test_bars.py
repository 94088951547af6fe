"""What is shown of a training: a bar on a terminal, else a line an epoch."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.config import compose
from bench.run import plan
from tests.conftest import TINY
from tests.networks import fitted, fresh


def _trained(folder: Path) -> None:
    planned = plan(compose([*TINY, "method=erm", f"runs_dir={folder}"]))
    folder.mkdir(exist_ok=True)
    fitted(fresh(planned), planned.config, planned.trained_on, planned.images.pixels, folder)


def test_a_terminal_sees_a_bar_with_epochs_from_1_and_the_validation_auroc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    _trained(tmp_path / "bar")
    shown = capsys.readouterr()
    assert "epoch 1 of 2" in shown.err
    assert "epoch 2 of 2" in shown.err
    assert "epoch 0" not in shown.err
    assert "validation AUROC=0." in shown.err
    assert "v_num" not in shown.err
    assert shown.out == ""


def test_elsewhere_a_line_an_epoch_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _trained(tmp_path / "lines")
    lines = [line for line in capsys.readouterr().err.splitlines() if "epoch" in line]
    assert len(lines) == 2
    for number, line in enumerate(lines, start=1):
        assert f"epoch {number} of 2: loss " in line
        assert "validation AUROC 0." in line
