import io
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from bench.leaderboard.figure import pareto_figure
from tests.leaderboard.conftest import table


def _figure(records: list) -> Figure:
    return pareto_figure(table(records))


def _names(figure: Figure) -> dict[str, Annotation]:
    return {text.get_text(): text for text in figure.axes[0].texts if isinstance(text, Annotation)}


def _texts(figure: Figure) -> str:
    found = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return "\n".join(found)


@pytest.mark.parametrize("spread", [0.001, 0.01, 0.1])
def test_names_cover_neither_each_other_nor_a_point(make: SimpleNamespace, spread: float) -> None:
    rng = np.random.default_rng(int(spread * 1000))
    values = np.clip(np.array([0.8, 0.8]) + rng.normal(0, spread, size=(12, 2)), 0.5, 0.97)
    records = [
        make.record("erm" if i == 0 else f"method_{i}", 0, make.around(y, 0.02), make.around(x, 0.02))
        for i, (x, y) in enumerate(values)
    ]
    figure = _figure(records)
    names = _names(figure)
    assert set(names) == {record.run.method.name for record in records}
    axes = figure.axes[0]
    boxes = [name.get_window_extent() for name in names.values()]
    frame = axes.get_window_extent()
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
        assert frame.x0 <= box.x0 <= box.x1 <= frame.x1
        assert frame.y0 <= box.y0 <= box.y1 <= frame.y1
        for pixel in axes.transData.transform(values):
            assert not box.contains(*pixel)


def test_the_layout_stays_as_it_was_when_names_were_placed(make: SimpleNamespace) -> None:
    figure = _figure([make.record("erm"), make.record("a", decodability=(0.7, 0.68, 0.72))])
    before = figure.axes[0].get_window_extent().bounds
    figure.savefig(io.BytesIO(), format="png")
    assert figure.axes[0].get_window_extent().bounds == before


def test_of_many_rows_only_those_that_stand_out_are_named(make: SimpleNamespace) -> None:
    records = [make.record(f"m{i}", 0, make.around(0.8, 0.02), make.around(0.7 + i / 200, 0.02)) for i in range(30)]
    records += [make.record("erm", 0, make.around(0.7, 0.02), make.around(0.9, 0.02))]
    records += [make.record("late", 0, make.around(0.9, 0.02), make.around(0.9, 0.02), uses_race="test")]
    assert set(_names(_figure(records))) == {"m0", "erm", "late"}


def test_what_the_pareto_figure_says(make: SimpleNamespace) -> None:
    records = [
        make.record("erm", 0, (0.84, 0.8, 0.88), (0.9, 0.88, 0.92)),
        make.record("good", 0, (0.82, 0.8, 0.84), (0.6, 0.58, 0.62)),
        make.record("bad", 0, (0.7, 0.68, 0.72), (0.8, 0.78, 0.82)),
        make.record("late", 0, (0.9, 0.88, 0.92), (0.55, 0.53, 0.57), uses_race="test"),
    ]
    figure = _figure(records)
    text = _texts(figure)
    for words in ("synthetic data", "Race decodability", "chance", "untrained network", "Pareto front", "dominated"):
        assert words in text
    assert "given race at test time" in text
    (front,) = [line for line in figure.axes[0].lines if line.get_label() == "Pareto front"]
    corners = set(map(tuple, np.round(front.get_xydata(), 6)))
    # The method that sees race at test time would beat all, and is not on the front.
    assert {(0.6, 0.82), (0.9, 0.82), (0.9, 0.84)} <= corners
    assert not any(y > 0.84 for _, y in corners)
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["chance"].get_xdata()[0] == 0.5
    assert lines["untrained network"].get_xdata()[0] == 0.6
    segments = [line.get_xydata().tolist() for line in figure.axes[0].lines]
    assert [[0.58, 0.82], [0.62, 0.82]] in segments
    assert [[0.6, 0.8], [0.6, 0.84]] in segments


def test_real_data_is_not_called_synthetic_and_missing_scores_leave_no_point(make: SimpleNamespace) -> None:
    bare = make.record("bare", synthetic=False, scores=[make.score("auroc", (0.8, 0.7, 0.9), target="macro")])
    figure = _figure([bare])
    assert "synthetic" not in _texts(figure)
    assert _names(figure) == {}


def test_figures_are_the_same_bytes_each_time(make: SimpleNamespace) -> None:
    records = [make.record("erm"), make.record("a", decodability=(0.7, 0.68, 0.72))]
    saved = []
    for order in (records, records[::-1]):
        png = io.BytesIO()
        _figure(order).savefig(png, format="png", metadata={"Software": None})
        saved.append(png.getvalue())
    assert saved[0] == saved[1]


def test_references_stand_as_lines(make: SimpleNamespace) -> None:
    leace = make.score("decodability", (0.55, 0.5, 0.6), attribute="race", layer="features", reference="leace")
    records = [
        make.record("erm", also=[leace]),
        make.record("a", decodability=(0.7, 0.68, 0.72)),
        make.record("race_reader", auroc=(0.5, 0.4, 0.6), decodability=(0.97, 0.96, 0.98), reference=True),
    ]
    figure = _figure(records)
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    names = ("chance", "untrained network", "LEACE on ERM", "race_reader (reference)")
    assert [lines[name].get_xdata()[0] for name in names] == [0.5, 0.6, 0.55, 0.97]
    assert len({lines[name].get_color() for name in names}) == len(names)
    low, high = figure.axes[0].get_xlim()
    assert low < 0.5 < 0.97 < high
    # It is no point, and does not pull the axis of the diagnosis down to itself.
    assert set(_names(figure)) == {"erm", "a"}
    assert figure.axes[0].get_ylim()[0] > 0.6


def test_pyplot_is_never_imported() -> None:
    modules = "bench.leaderboard.figure, bench.leaderboard.run_figure"
    code = f"import sys, {modules}; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
