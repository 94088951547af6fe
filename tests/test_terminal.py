from __future__ import annotations

import pytest

from bench.terminal import Progress, Steps, say, step


def test_results_go_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    say("a line")
    assert capsys.readouterr() == ("", "a line\n")


def test_a_step_is_announced_and_timed(capsys: pytest.CaptureFixture[str]) -> None:
    seconds: dict[str, float] = {}
    with step("training", seconds):
        assert capsys.readouterr().err == "training …\n"
    assert capsys.readouterr().err.startswith("training done in 0.")
    assert 0 <= seconds["training"] < 1


def test_progress_off_a_terminal_is_a_line_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("images", 1000, done=250) as progress:
        for _ in range(150):
            progress.advance(5)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "images: going on at 250 of 1,000 images"
    assert [line.partition(" images")[0] for line in lines[1:]] == [
        f"images: {n} of 1,000" for n in ("300", "400", "500", "600", "700", "800", "900", "1,000")
    ]


def test_steps_off_a_terminal_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    steps = Steps("cells", 3, done=1)
    steps.begin("C1, from 5")
    steps.end("0.913 [a note]", existed=False)
    steps.begin("C1, from 9")
    steps.end("", existed=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["[2/3] C1, from 5: 0.913 [a note] [0 s]", "[3/3] C1, from 9:  [recorded before]"]


def test_a_terminal_gets_bars(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.terminal.console._force_terminal", True)
    with Progress("images", 10) as progress:
        progress.advance(10)
    steps = Steps("cells", 2)
    steps.begin("C1")
    steps.end("done", existed=False)
    shown = capsys.readouterr().err
    assert "10/10" in shown
    assert "images/s" in shown
    assert "1/2" in shown


def test_what_is_said_is_text_and_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("runs in /data/[red]  x[/] \x1b[2J", "a [bold] title")
    assert capsys.readouterr().err == "a [bold] titleruns in /data/[red]  x[/] [U+001B][2J\n"
