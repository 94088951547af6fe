"""Maps: numbers over the place in the image, or the pair of cut-offs, that they belong to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from bench.pages.style import new_figure
from bench.reading_race.experiments import c1
from bench.reading_race.patches import GRID, HIGH_PASS
from bench.reading_race.tables import Line, Table
from bench.reading_race.walk import StudyResults
from bench.records import MACRO
from bench.statistics.pooling import Estimate

_COLOURS = colormaps["viridis"]
_OUTLINE = [withStroke(linewidth=2.0, foreground="black")]
_NOT_MEASURED = (0.75, 0.75, 0.75)
#: A square of a map: row, column, how bright it is (0 … 1, None where nothing was found) and its text.
_Square = tuple[int, int, float | None, str]


def patches(study: StudyResults, tables: dict[str, Table]) -> Figure | None:
    """C3, C4 and occlusion: maps over the mean image."""
    panels: list[tuple[str, int, list[_Square]]] = []
    for name, words in (("C3", "one patch alone"), ("C4", "one patch removed")):
        for cutoff in (0, HIGH_PASS):
            lines = [line for line in tables[name].lines if line.cell["high-pass"] == cutoff] if name in tables else []
            squares = [
                (int(line.cell["row"]), int(line.cell["column"]), _brightness(line), _both(line)) for line in lines
            ]
            if squares:
                panels.append((f"{name}: {words}{f', high-pass D = {cutoff}' if cutoff else ''}", GRID, squares))
    if "occlusion" in tables:
        lines = list(tables["occlusion"].lines)
        grid = int(lines[0].cell["grid"])
        losses = [_here(line) for line in lines]
        most = max((loss.mean for loss in losses if loss), default=0.0) or 1.0
        squares = [
            (i // grid, i % grid, None if loss is None else max(loss.mean, 0.0) / most, _short(loss))
            for i, loss in enumerate(losses)
        ]
        panels.append(("occlusion: AUROC lost when covered at test", grid, squares))
    if not panels:
        return None
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    # Title and caption need some width, however few the maps are.
    figure = new_figure(max(3.3 * columns, 6.6), 3.5 * rows + 0.7)
    for place, (title, grid, squares) in enumerate(panels, start=1):
        axes = figure.add_subplot(rows, columns, place)
        axes.imshow(study.mean_image, cmap="gray")
        _draw(axes, squares, grid, len(study.mean_image))
        axes.set_title(title, fontsize=8.5)
        axes.set_axis_off()
    compared = any("|" in text for _, _, squares in panels for *_, text in squares)
    brackets = "; in brackets of White alone: here | paper" if compared else ""
    figure.supxlabel(f"Over the mean image. AUROC, mean over groups{brackets}. Brighter: higher.", fontsize=7.5)
    return figure


def matrix(axes: Axes, lines: Sequence[Line], paper: bool) -> None:
    """Notch or band-pass: a square for each pair of the paper's cut-offs, from D down, to D across.

    ``paper``: with its AUROC of White in brackets, also where nothing was measured here.
    """
    found = {(line.cell["from"], line.cell["to"]): line for line in lines}
    below, above = c1.DOUBLE[:-1], c1.DOUBLE[1:]
    for row, low in enumerate(below):
        for column, high in enumerate(above):
            if low >= high:
                continue
            line = found.get((low, high))
            text = _short(_here(line)) if line else ""
            beneath = f"\n({_digits(c1.white(low, high))})" if paper else ""
            _square(axes, column - 0.5, row - 0.5, 1.0, _brightness(line) if line else None, text + beneath, 1.0)
    axes.set_xticks(range(len(above)), [str(cutoff) for cutoff in above], fontsize=7.5)
    axes.set_yticks(range(len(below)), [str(cutoff) for cutoff in below], fontsize=7.5)
    axes.set_xlim(-0.5, len(above) - 0.5)
    axes.set_ylim(len(below) - 0.5, -0.5)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _draw(axes: Axes, squares: Sequence[_Square], grid: int, size: int) -> None:
    side = size / grid
    for row, column, brightness, text in squares:
        _square(axes, column * side - 0.5, row * side - 0.5, side, brightness, text, 0.5)


def _square(axes: Axes, x: float, y: float, side: float, brightness: float | None, text: str, alpha: float) -> None:
    colour = (*_NOT_MEASURED, alpha) if brightness is None else _COLOURS(brightness, alpha)
    axes.add_patch(Rectangle((x, y), side, side, facecolor=colour, edgecolor="white", linewidth=0.8))
    axes.text(
        x + side / 2, y + side / 2, text, ha="center", va="center", fontsize=7, color="white", linespacing=1.1,
        path_effects=_OUTLINE,
    )  # fmt: skip


def _here(line: Line) -> Estimate | None:
    entry = line.entries.get(MACRO)
    return entry.here if entry else None


def _brightness(line: Line) -> float | None:
    """From chance to 1."""
    here = _here(line)
    return None if here is None else float(np.clip(2 * here.mean - 1, 0, 1))


def _both(line: Line) -> str:
    """What was found here, and beneath in brackets the same of the group that the paper has a number of, and its."""
    for entry in line.entries.values():
        if entry.paper and entry.paper.value is not None:
            return f"{_short(_here(line))}\n({_short(entry.here)} | {_digits(entry.paper.value)})"
    return _short(_here(line))


def _short(estimate: Estimate | None) -> str:
    return "–" if estimate is None else _digits(estimate.mean)


def _digits(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1).replace("-.000", ".000")
