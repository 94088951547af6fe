import io
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.leaderboard import run_figure as figures
from bench.records import Record


def run_figure(record: Record) -> Figure:
    """The figure of a record's scores on test patients."""
    test = record.of("test")
    assert test is not None
    return figures.run_figure(record.run, test)


def _texts(figure: Figure) -> str:
    found = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return "\n".join(found)


def _points(axes: Axes) -> set[tuple[float, float]]:
    return {tuple(np.round(line.get_xydata()[0], 6)) for line in axes.lines if len(line.get_xydata()) == 1}


def test_run_figure(make: SimpleNamespace) -> None:
    groups = {"race": ("Asian", "Black", "White"), "sex": ("female", "male"), "race x sex": ("Asian, female",)}
    record = make.record("adversarial", 3)
    rest = [score for score in make.of_record(record) if score.group is None]
    of = {"target": "macro"}
    by_group = [
        make.score("auroc", (0.7 + i / 100, 0.68, 0.76), attribute=attribute, group=group, n=50 + i, **of)
        for attribute, names in groups.items()
        for i, group in enumerate(names)
    ]
    small = make.score("auroc", (None, None, None), attribute="age_group", group="under 40", note="only 7", **of)
    figure = run_figure(make.rescored(record, [*rest, *by_group, small]))
    figure.savefig(io.BytesIO(), format="png")
    text = _texts(figure)
    for words in ("adversarial: cxr on phantom (synthetic data), seed 3", "Black (n=51)", "male (n=51)", "only 7"):
        assert words in text
    assert "Asian, female" not in text
    for words in ("this network", "same network, untrained", "permuted groups", "chance", "features", "outputs"):
        assert words in text
    left, right, *_ = figure.axes
    dots = {tuple(line.get_xydata()[0]) for line in left.lines if len(line.get_xydata()) == 1}
    assert {x for x, _ in dots} == {0.8, 0.7, 0.71, 0.72}
    assert {line.get_xdata()[0] for line in right.lines if len(line.get_xdata()) == 1} == {
        0.9,
        0.745,
        0.7,
        0.66,
        0.6,
        0.5,
    }


def test_run_figure_of_a_bare_record(make: SimpleNamespace) -> None:
    bare = make.record(synthetic=False, scores=[make.score("auroc", (0.8, None, None), target="macro")])
    figure = run_figure(bare)
    figure.savefig(io.BytesIO(), format="png")
    assert "synthetic" not in _texts(figure)
    assert len(figure.axes) == 2


def test_probes_and_depth_stand_below(make: SimpleNamespace) -> None:
    figure = run_figure(make.record(also=make.suite()))
    figure.savefig(io.BytesIO(), format="png")
    _, layers, depth, probes = figure.axes
    assert [label.get_text() for label in layers.get_yticklabels()] == ["network", "features", "outputs", "block 1"]
    assert 0.55 in {x for x, _ in _points(layers)}  # after LEACE
    assert [label.get_text() for label in probes.get_yticklabels()] == ["ridge (heaviest)", "logistic", "trees"]
    assert _points(probes) == {(0.9, 0), (0.89, 1), (0.88, 2)}
    assert any(np.allclose(line.get_xdata(), [0.88, 0.92]) for line in probes.lines)
    assert depth.get_xlabel().startswith("Noise")


def test_no_noise_stands_apart_on_the_axis_of_noise(make: SimpleNamespace) -> None:
    depth = run_figure(make.record(also=make.suite())).axes[2]
    assert depth.get_xscale() == "log"
    assert [label.get_text() for label in depth.get_xticklabels()] == ["0", ".01", ".1", "1"]
    places = dict(sorted(_points(depth)))
    assert list(places.values()) == pytest.approx([0.9, 0.8975, 0.875, 0.65])
    zero, *noisy = places
    assert noisy == pytest.approx([0.01, 0.1, 1])
    assert 0 < zero < 0.01
    # The line joins the levels of noise, and not the one without.
    (joined,) = [line for line in depth.lines if len(line.get_xdata()) == 3]
    assert joined.get_xdata().tolist() == pytest.approx([0.01, 0.1, 1])
    assert any(np.allclose(line.get_ydata(), 0.5) for line in depth.lines)


@pytest.mark.parametrize("metric", ["decodability_depth", "decodability_probe"])
def test_one_of_the_two_stands_alone(make: SimpleNamespace, metric: str) -> None:
    scores = [score for score in make.suite() if score.metric == metric]
    figure = run_figure(make.record(also=scores))
    figure.savefig(io.BytesIO(), format="png")
    assert len(figure.axes) == 3


def test_scores_that_are_missing_leave_no_point(make: SimpleNamespace) -> None:
    of = {"attribute": "race", "layer": "features"}
    scores = [
        make.score("decodability_depth", (None, None, None), level=0.1, **of),
        make.score("decodability_probe", (None, None, None), probe="trees", note="not fitted", **of),
    ]
    figure = run_figure(make.record(also=scores))
    figure.savefig(io.BytesIO(), format="png")
    assert "not fitted" in _texts(figure)
