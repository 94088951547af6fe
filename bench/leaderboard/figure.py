"""The figure of a leaderboard: what a method keeps of the diagnosis against what it leaves of race."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.leaderboard.columns import DIAGNOSIS_AUROC, FEATURES_DECODABILITY
from bench.leaderboard.rows import Row
from bench.leaderboard.table import LEACE, UNTRAINED, Table
from bench.pages import labels
from bench.pages.labels import Segment
from bench.pages.style import AMBER, BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, new_figure
from bench.records import BASELINE
from bench.statistics.pooling import Estimate

#: With more rows than this, only the front, the baseline and rows ranked apart are named; the table names all.
_NAMED = 14
#: Colour and dashes (points on, off) of the reference lines that are drawn; the permuted groups are chance again.
_STYLES: dict[str, tuple[str, tuple[int, tuple[float, ...]]]] = {
    UNTRAINED: (GREEN, (0, (4, 2))),
    LEACE: (PURPLE, (0, (6, 2, 1, 2))),
}
#: Dashes of methods that are references, in turn.
_DASHES = ((0, (7, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)))


@dataclass(frozen=True)
class _Point:
    row: Row
    x: Estimate
    y: Estimate

    @property
    def at(self) -> tuple[float, float]:
        return self.x.mean, self.y.mean

    @property
    def apart(self) -> bool:
        return self.row.uses_race == "test"

    @property
    def on_front(self) -> bool:
        return self.row.pareto and not self.apart

    @property
    def colour(self) -> str:
        if self.row.method == BASELINE:
            return BLACK
        return ORANGE if self.apart else BLUE if self.on_front else GREY

    @property
    def marker(self) -> str:
        return "D" if self.row.method == BASELINE else "s" if self.apart else "o"


def pareto_figure(table: Table) -> Figure:
    """Diagnosis macro AUROC against decodability of the features, with intervals, the front and the references."""
    protected = table.key.protected
    measured = ((row, FEATURES_DECODABILITY(row), DIAGNOSIS_AUROC(row)) for row in (*table.ranked, *table.at_test))
    points = [_Point(row, x, y) for row, x, y in measured if x is not None and y is not None]
    figure = new_figure(6.6, 5.2)
    axes = figure.add_subplot()
    references = _references(axes, table)
    intervals = [segment for point in points for segment in _draw(axes, point, f"given {protected} at test time")]
    axes.margins(0.08, 0.12)
    axes.set_xlabel(f"{protected.capitalize()} decodability from the features, AUROC  (← lower is better)")
    axes.set_ylabel("Diagnosis, macro AUROC  (higher is better →)")
    axes.set_title(f"Diagnosis against residual {protected}: {table.name}", fontsize=10, loc="left")
    stairs = _stairs(axes, sorted(point.at for point in points if point.on_front))
    verticals = [((x, axes.get_ylim()[0]), (x, axes.get_ylim()[1])) for x in references]
    handles, titles = axes.get_legend_handles_labels()
    unique = dict(zip(titles, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # names are placed in the layout as it now is
    names = ["" if len(points) > _NAMED and not _stands_out(point) else _name(point.row) for point in points]
    colours = ["0.35" if point.colour == GREY else point.colour for point in points]
    labels.place(axes, [point.at for point in points], names, colours, [*intervals, *stairs, *verticals])
    return figure


def _stands_out(point: _Point) -> bool:
    return point.on_front or point.apart or point.row.method == BASELINE


def _draw(axes: Axes, point: _Point, apart: str) -> list[Segment]:
    """One marker with its two intervals; returns them."""
    x, y = point.x, point.y
    segments: list[Segment] = []
    if x.low is not None and x.high is not None:
        segments.append(((x.low, y.mean), (x.high, y.mean)))
    if y.low is not None and y.high is not None:
        segments.append(((x.mean, y.low), (x.mean, y.high)))
    for segment in segments:
        axes.plot(*zip(*segment, strict=True), color=point.colour, linewidth=0.9, alpha=0.5, zorder=2)
    title = "on the front" if point.on_front else apart if point.apart else "dominated"
    axes.plot(
        *point.at, linestyle="none", markersize=6, zorder=4, color=point.colour, marker=point.marker,
        markerfacecolor=point.colour if point.on_front or point.apart else "white",
        label=f"{BASELINE} (baseline)" if point.row.method == BASELINE else title,
    )  # fmt: skip
    return segments


def _references(axes: Axes, table: Table) -> list[float]:
    """Chance and the reference rows, as vertical lines with the bands of their intervals; returns where they stand."""
    axes.axvline(0.5, color=GREY, linestyle=":", linewidth=1.2, zorder=0, label="chance")
    lines = [
        (title, cells.get("decodability"), *_STYLES[title]) for title, cells in table.references if title in _STYLES
    ]
    lines += [
        (f"{_plain(row)} (reference)", FEATURES_DECODABILITY(row), AMBER, dashes)
        for row, dashes in zip(table.reference_rows, cycle(_DASHES), strict=False)
    ]
    places = [0.5]
    for title, estimate, colour, dashes in lines:
        if not isinstance(estimate, Estimate):
            continue
        axes.axvline(estimate.mean, color=colour, linestyle=dashes, linewidth=1.2, zorder=0, label=title)
        if estimate.low is not None and estimate.high is not None:
            axes.axvspan(estimate.low, estimate.high, color=colour, alpha=0.1, linewidth=0, zorder=0)
        places.append(estimate.mean)
    return places


def _stairs(axes: Axes, front: Sequence[tuple[float, float]]) -> list[Segment]:
    """The edge of what is dominated: from each point of the front level to the next one's decodability, then up."""
    if not front:
        return []
    x_limits, y_limits = axes.get_xlim(), axes.get_ylim()
    corners = [(front[0][0], y_limits[0])]
    for x, y in front:
        corners += [(x, corners[-1][1]), (x, y)]
    corners.append((x_limits[1], front[-1][1]))
    axes.plot(*zip(*corners, strict=True), color=BLUE, linewidth=3, alpha=0.25, zorder=1, label="Pareto front")
    axes.set_xlim(x_limits)
    axes.set_ylim(y_limits)
    return list(pairwise(corners))


def _plain(row: Row) -> str:
    return f"{row.method}, {row.setting}" if row.setting else row.method


def _name(row: Row) -> str:
    return "\n".join([row.method, *textwrap.wrap(row.setting, 24)])
