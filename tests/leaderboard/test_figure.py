import io
import subprocess
import sys
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation

from bench.leaderboard.figure import pareto_figure
from bench.records import Record
from tests.leaderboard.boards import method, of_phantom
from tests.leaderboard.conftest import table as board


def _figure(methods: Sequence[Sequence[Record]]) -> Figure:
    return pareto_figure(board([record for records in methods for record in records]))


def _names(figure: Figure) -> dict[str, Annotation]:
    return _names_of(figure.axes[0])


def _names_of(axes: Axes) -> dict[str, Annotation]:
    notes = (text for text in axes.texts if isinstance(text, Annotation))
    return {text.get_text(): text for text in notes if not text.get_text().startswith("limit")}


def _texts(figure: Figure) -> str:
    found = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return "\n".join(found)


@pytest.mark.parametrize("spread", [0.001, 0.004, 0.02])
def test_names_cover_neither_each_other_nor_a_point(spread: float) -> None:
    rng = np.random.default_rng(int(spread * 1000))
    values = np.array([0.8, 0.8]) + rng.normal(0, spread, size=(12, 2)) * (0.2, 1)
    names = ["erm", *(f"method_{i}" for i in range(1, 12))]
    figure = _figure([method(name, y, x, error=0.0005) for name, (y, x) in zip(names, values, strict=True)])
    found = _names(figure)
    assert {name.split()[0] for name in found} == set(names)
    axes = figure.axes[0]
    boxes = [name.get_window_extent() for name in found.values()]
    frame = axes.get_window_extent()
    points = [line.get_xydata()[0] for line in axes.lines if line.get_linestyle() == "None"]
    assert len(points) == 12
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
        assert frame.x0 <= box.x0 <= box.x1 <= frame.x1
        assert frame.y0 <= box.y0 <= box.y1 <= frame.y1
        for pixel in axes.transData.transform(points):
            assert not box.contains(*pixel)


def test_the_layout_stays_as_it_was_when_names_were_placed() -> None:
    figure = _figure([method("erm", 0.84, 0.9), method("a", 0.84, 0.7)])
    before = figure.axes[0].get_window_extent().bounds
    figure.savefig(io.BytesIO(), format="png")
    assert figure.axes[0].get_window_extent().bounds == before


def test_of_many_rows_only_those_that_stand_out_are_named() -> None:
    methods = [method(f"m{i}", 0.84, 0.6 + 0.01 * (i > 0) + i / 200) for i in range(16)]
    late = method("late", 0.84, 0.9, uses_race="test")
    names = {name.split()[0] for name in _names(_figure([method("erm", 0.84, 0.95), late, *methods]))}
    assert names == {"m0", "erm", "late"}


def _whole() -> Figure:
    return _figure(
        [
            method("erm", 0.84, 0.9),
            method("good", 0.835, 0.6),
            method("tied", 0.836, 0.601),
            method("worse", 0.83, 0.8),
            method("late", 0.85, 0.7, uses_race="test"),
            method("once", 0.84, 0.65, seeds=(0,)),
            method("blur", 0.7, 0.5),
        ]
    )


def test_what_the_figure_says() -> None:
    figure = _whole()
    text = _texts(figure)
    for words in (
        "compared with erm: cxr on phantom (synthetic data)",
        "400 images of 300 test patients; seeds 0, 1; paired differences with 95% intervals",
        "Δ decodability of race as observed",
        "Δ diagnosis",
        "class 1: least race left, within error",
        "class 2",
        "erm, the baseline (class 3)",
        "ranked apart: given race at test time",
        "incomplete: not ranked",
        "diagnosis lost",
        "limit −0.02",
        "chance (0.5): nothing left to read",
        "untrained network",
        "share of draws on the Pareto front",
    ):
        assert words in text, words


def test_points_are_paired_differences_with_their_intervals() -> None:
    found = board([*method("erm", 0.84, 0.9), *method("good", 0.835, 0.6)])
    (row,) = [row for row in found.rows if row.method == "good"]
    x, y = (row.standing.differences[key].difference for key in ("decodability", "auroc"))
    axes = pareto_figure(found).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["class 1: least race left, within error"].get_xydata().tolist() == [[x.estimate, y.estimate]]
    assert lines["erm, the baseline (class 2)"].get_xydata().tolist() == [[0, 0]]
    segments = [line.get_xydata().tolist() for line in axes.lines]
    assert [[x.low, y.estimate], [x.high, y.estimate]] in segments
    assert [[x.estimate, y.low], [x.estimate, y.high]] in segments
    low, high = axes.get_xlim()
    assert low < x.low < x.high < high
    assert axes.get_ylim()[0] < -0.02


def test_marks_tell_classes_shares_and_what_is_not_ranked() -> None:
    axes = _whole().axes[0]
    markers = [line for line in axes.lines if line.get_linestyle() == "None"]
    of = {line.get_label(): line for line in markers}
    assert len({(line.get_marker(), line.get_color()) for line in of.values()}) == 6
    assert of["incomplete: not ranked"].get_alpha() < 1
    assert of["diagnosis lost"].get_alpha() == 1
    names = {name.split()[0]: name for name in _names_of(axes)}
    assert set(names) == {"erm", "good", "tied", "worse", "late", "once", "blur"}
    shares = {short: float(name.split()[1].rstrip("%")) for short, name in names.items() if name.endswith("%")}
    assert set(shares) == {"erm", "good", "tied", "worse"}
    class_1 = [line for line in markers if line.get_label() == "class 1: least race left, within error"]
    filled = [line.get_markerfacecolor() != "white" for line in class_1]
    assert sorted(filled) == sorted(shares[name] >= 50 for name in ("good", "tied"))
    # One that lies far below is drawn at the edge, says how far, and presses nobody together.
    assert names["blur"].split()[1].startswith("(−0.1")
    assert axes.get_ylim()[0] > -0.06


def test_real_data_is_not_called_synthetic_and_what_cannot_be_compared_leaves_no_point(make: SimpleNamespace) -> None:
    bare = make.record("bare", synthetic=False, scores=[make.score("auroc", (0.8, 0.7, 0.9), target="macro")])
    figure = _figure([[bare]])
    assert "synthetic" not in _texts(figure)
    assert _names(figure) == {}
    assert "No row can be compared with erm" in _texts(figure)


def test_figures_are_the_same_bytes_each_time() -> None:
    saved = []
    for order in (1, -1):
        png = io.BytesIO()
        _figure([method("erm", 0.84, 0.9), method("a", 0.84, 0.7)][::order]).savefig(
            png, format="png", metadata={"Software": None}
        )
        saved.append(png.getvalue())
    assert saved[0] == saved[1]


def test_references_stand_as_lines_relative_to_the_baseline(make: SimpleNamespace) -> None:
    leace = make.score("decodability", (0.55, 0.5, 0.6), attribute="race", layer="network", reference="leace")
    figure = _figure(
        [
            method("erm", 0.84, 0.9, also=[leace]),
            method("a", 0.84, 0.7),
            method("oracle", 0.5, 0.52, reference=True),
            method("race_reader", 0.5, 0.97, reference=True),
        ]
    )
    axes = figure.axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    names = ("chance (0.5): nothing left to read", "untrained network", "LEACE on ERM", "oracle (reference)")
    expected = [-0.4, -0.3, -0.35, -0.38]
    assert [lines[name].get_xdata()[0] for name in names] == pytest.approx(expected, abs=1e-3)
    assert len({lines[name].get_linestyle() for name in names}) + len({str(lines[n]._dash_pattern) for n in names}) > 4
    # They are no points, and one that lies beyond the methods is left to the table.
    assert {name.split()[0] for name in _names(figure)} == {"erm", "a"}
    assert "race_reader (reference)" not in lines
    assert axes.get_ylim()[0] > -0.1


def test_pyplot_is_never_imported() -> None:
    modules = "bench.leaderboard.figure, bench.leaderboard.run_figure"
    code = f"import sys, {modules}; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_board_of_a_phantom_is_drawn_by_its_trial_with_what_is_too_small_to_find() -> None:
    table = of_phantom()
    figure = pareto_figure(table)
    axes = figure.axes[0]
    assert "Δ decodability of race in the trial" in axes.get_xlabel()
    assert "and a trial of 9,000" in axes.get_title(loc="left")
    (box,) = [patch for patch in axes.patches if isinstance(patch, Rectangle) and "smaller" in patch.get_label()]
    assert table.resolution is not None
    assert (box.get_x(), box.get_y()) == (-table.resolution.decodability, -table.resolution.auroc)
    chance = next(line for line in axes.lines if line.get_label().startswith("chance"))
    assert table.baseline is not None
    assert chance.get_xdata()[0] == pytest.approx(0.5 - table.headline(table.baseline).mean)
    # Of the trial: .02 below what is observed.
    assert table.headline(table.baseline).mean == pytest.approx(0.78, abs=1e-3)
