"""Curves of a small network: what they hold, that they go on, and what they look like."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from bench import training
from bench.dial import Curve, Request, curves, read
from bench.dial.figure import figure
from bench.dial.writing import write
from bench.records import read_all
from tests.conftest import TINY, read_with_few_probes

STRENGTHS = "bias.prevalence=0,0.075,0.2"


@pytest.fixture(scope="module")
def runs(tiny_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(tiny_runs, tmp_path_factory.mktemp("dial") / "runs"))


@pytest.fixture(scope="module")
def request_(runs: Path) -> Request:
    return read([*TINY, "method=erm", STRENGTHS, f"runs_dir={runs}", f"out={runs.parent / 'dials'}"])


@pytest.fixture(scope="module")
def found(request_: Request) -> list[Curve]:
    with pytest.MonkeyPatch.context() as patch:
        read_with_few_probes(patch)
        patch.setattr(training, "fit", None)  # the network is there
        return curves(request_)


def test_each_point_holds_the_scores_of_its_strength(found: list[Curve], runs: Path) -> None:
    (curve,) = found
    assert [(point.strength, point.seeds) for point in curve.points] == [(0.0, 1), (0.075, 1), (0.2, 1)]
    (record,) = read_all(runs)
    files = {file.head.arena: file for file in record.files}
    arenas = ("phantom, bias.prevalence=0", "test", "phantom, bias.prevalence=0.2")
    for point, arena in zip(curve.points, arenas, strict=True):
        for key, dimensions in (
            ("auroc", {"target": "macro"}),
            ("worst_auroc", {"target": "macro", "attribute": "race"}),
            ("decodability", {"layer": "network", "attribute": "race"}),
        ):
            score, shown = files[arena].find.one(key, **dimensions), point.scores[key]
            assert score is not None
            assert shown is not None
            assert (shown.mean, shown.low, shown.high) == (score.value, score.low, score.high)
    assert len({point.patients for point in curve.points}) == 1


def test_the_same_command_again_does_nothing(
    found: list[Curve], request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fit", "predict", "load"):
        monkeypatch.setattr(training, name, None)
    assert curves(request_) == found


def test_table_and_figure_say_what_they_are_of(found: list[Curve], request_: Request) -> None:
    page, table, png = write(request_, found)
    assert page.parent.parts[-3:] == ("cxr", "phantom", "bias.prevalence")
    text = page.read_text()
    for words in ("synthetic", "trained once, at bias.prevalence=0.075", "0.075 (trained)", "![", "## erm"):
        assert words in text
    with open(table, newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(float(line["strength"]), float(line["trained_at"]), line["method"]) for line in lines] == [
        (0.0, 0.075, "erm"), (0.075, 0.075, "erm"), (0.2, 0.075, "erm"),
    ]  # fmt: skip
    shown = found[0].points[2].scores["auroc"]
    assert shown is not None
    assert [float(lines[2][name]) for name in ("auroc", "auroc_low", "auroc_high")] == [
        shown.mean,
        shown.low,
        shown.high,
    ]
    assert png.stat().st_size > 10_000
    before = [path.read_bytes() for path in (page, table, png)]
    assert [path.read_bytes() for path in write(request_, found)] == before


def test_the_figure_has_a_line_a_method_and_marks_where_it_was_trained(found: list[Curve], request_: Request) -> None:
    two = [found[0], Curve("other", found[0].points)]
    drawn = figure(request_, two)
    panel = drawn.axes[0]
    labels = panel.get_legend_handles_labels()[1]
    assert set(labels) == {"erm", "other", "as trained"}
    (line,) = [line for line in panel.lines if line.get_label() == "as trained"]
    assert set(line.get_xdata()) == {0.075}
    auroc = [point.scores["auroc"].mean for point in found[0].points]  # type: ignore[union-attr]
    assert any(list(line.get_ydata()) == pytest.approx(auroc) for line in panel.lines if len(line.get_ydata()) == 3)
