"""The table of ``bench check``."""

from __future__ import annotations

import pytest

from bench.conformance import Check, Finding, Report
from bench.conformance.document import document
from bench.pages import terminal
from bench.records import Cost

CHECK = Check("declares", "says what it is", lambda subject: None)


def shown(report: Report, capsys: pytest.CaptureFixture[str]) -> str:
    terminal.show(document(report, "mine"))
    return " ".join(capsys.readouterr().out.split())


def test_what_does_not_hold_stands_beside_how_to_mend_it(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report((Finding(CHECK), Finding(CHECK, "it names no source", "source = …")))
    text = shown(report, capsys)
    assert not report.holds
    assert "✓ says what it is" in text
    assert "it names no source source = …" in text
    assert "1 of 2 do not hold." in text
    assert "What it costs" not in text


def test_costs_are_relative_to_plain_training(capsys: pytest.CaptureFixture[str]) -> None:
    cost = Cost(
        images=100, forward=200, backward=200, other=50, relative=2.25, parameters=10, extra_parameters=1234,
        seconds=1.0, peak_memory=1,
    )  # fmt: skip
    report = Report((Finding(CHECK),), cost, 3.0, 2.0)
    text = shown(report, capsys)
    assert report.holds
    assert "All 1 hold." in text
    assert "2.25 × plain training (an image learnt from: 2.00 forward, 2.00 backward, 0.50 of others)" in text
    assert "1,234" in text
    assert "1.5 × plain training" in text
