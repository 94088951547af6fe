"""The figure of a leaderboard: what a method changes of the diagnosis, and of what is left of race, beside ERM."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from bench.leaderboard.ranks import TOLERANCE
from bench.leaderboard.rows import Row
from bench.leaderboard.table import LEACE, TRUE, UNTRAINED, Table
from bench.pages import labels
from bench.pages.labels import Segment
from bench.pages.style import AMBER, BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, new_figure
from bench.records import BASELINE
from bench.scoring.catalogue import AUROC, DECODABILITY
from bench.statistics.pairing import Difference
from bench.statistics.pooling import Estimate

#: With more rows than this, only class 1, the baseline and rows ranked apart are named; the table names all.
_NAMED = 14
#: Colour and marker of each class; all lower ones share the last.
_CLASSES = ((BLUE, "o"), (GREEN, "^"), (AMBER, "v"), (PURPLE, "s"))
#: Dashes of the reference lines, in turn.
_DASHES = ((0, (7, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (4, 4)))
_TOO_SMALL = "differences smaller than this board mostly finds"
#: A marker is filled from this share of draws on the front.
_FILLED = 0.5
_NOTHING = Difference(0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, patients_alone=False)

Limits = tuple[float, float]


@dataclass(frozen=True)
class _Point:
    """A row with its differences in decodability and in AUROC; the baseline's are none."""

    row: Row
    x: Difference
    y: Difference

    @property
    def ranked(self) -> bool:
        return self.row.standing.tie_class is not None

    @property
    def lost(self) -> bool:
        return self.row.standing.section == "diagnosis lost"

    @property
    def look(self) -> tuple[str, str, str]:
        """Colour, marker, and what the legend says of them."""
        standing = self.row.standing
        if standing.baseline:
            of_class = "" if standing.tie_class is None else f" (class {standing.tie_class})"
            return BLACK, "D", f"{BASELINE}, the baseline{of_class}"
        if standing.section == "race at test":
            return ORANGE, "P", "ranked apart: given {protected} at test time"
        if standing.tie_class is not None:
            number = min(standing.tie_class, len(_CLASSES))
            more = " or lower" if number == len(_CLASSES) else ""
            best = ": least {protected} left, within error" if number == 1 else ""
            return *_CLASSES[number - 1], f"class {number}{more}{best}"
        if self.lost:
            return GREY, "X", "diagnosis lost"
        return GREY, "o", f"{standing.section}: not ranked"

    @property
    def alpha(self) -> float:
        return 1.0 if self.ranked or self.lost or self.row.standing.baseline else 0.4

    @property
    def front(self) -> float | None:
        """How often it is on the front of the methods; another section's front is not drawn."""
        return self.row.standing.front if self.row.standing.section == "methods" else None

    @property
    def filled(self) -> bool:
        return self.lost or self.look[0] == ORANGE or (self.front is not None and self.front >= _FILLED)


def pareto_figure(table: Table) -> Figure:
    """Paired differences to the baseline in diagnosis AUROC and decodability, with intervals, classes and the limit."""
    points = _points(table)
    figure = new_figure(7.0, 5.8)
    axes = figure.add_subplot()
    chance = _chance(table)
    x_limits, y_limits = _window(points, chance)
    axes.set_xlim(x_limits)
    axes.set_ylim(y_limits)
    _resolution(axes, table)
    lines = _marks(axes, chance) + _references(axes, table)
    if not points:
        axes.text(0.5, 0.5, f"No row can be compared with {BASELINE}.", transform=axes.transAxes, ha="center")
    places = [_inside(point, x_limits, y_limits) for point in points]
    intervals = [
        segment
        for point, place in zip(points, places, strict=True)
        for segment in _draw(axes, point, place, table.key.protected)
    ]
    _words(axes, table)
    _legend(figure, axes, any(point.ranked for point in points))
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # names are placed in the layout as it now is
    names = ["" if len(points) > _NAMED and not _stands_out(point) else _name(point, y_limits) for point in points]
    # The lighter colours are hard to read as letters.
    colours = [point.look[0] if point.look[0] in (BLACK, BLUE, GREEN, ORANGE) else "0.35" for point in points]
    ends = [((x, y_limits[0]), (x, y_limits[1])) for x in lines]
    level = [((x_limits[0], y), (x_limits[1], y)) for y in (0.0, -TOLERANCE)]
    labels.place(axes, places, names, colours, [*intervals, *ends, *level])
    return figure


def _points(table: Table) -> list[_Point]:
    found = []
    for row in table.rows:
        x, y = (row.standing.differences.get(key) for key in (DECODABILITY.key, AUROC.key))
        if row.standing.baseline:
            found.append(_Point(row, _NOTHING, _NOTHING))
        elif x is not None and y is not None and not row.reference:
            found.append(_Point(row, x.difference, y.difference))
    return found


def _chance(table: Table) -> float | None:
    """Where chance is: below the baseline by what its features leave."""
    decodability = table.headline(table.baseline) if table.baseline else None
    return None if decodability is None else 0.5 - decodability.mean


def _window(points: Sequence[_Point], chance: float | None) -> tuple[Limits, Limits]:
    """Limits of the axes: all that is ranked with its intervals, and the middle of the rest.

    A network that lost the diagnosis may be far below all others: it does not press them together.
    """
    x, y = [0.0, *([chance] if chance is not None else [])], [0.0, -1.25 * TOLERANCE, 0.5 * TOLERANCE]
    for point in points:
        x += [point.x.estimate, *([point.x.low, point.x.high] if point.ranked else [])]
        if not point.lost:
            y += [point.y.estimate, *([point.y.low, point.y.high] if point.ranked else [])]
    return _with_margin(x, 0.05, 0.01), _with_margin(y, 0.1, 0.002)


def _with_margin(values: Sequence[float], share: float, least: float) -> Limits:
    margin = max(share * (max(values) - min(values)), least)
    return min(values) - margin, max(values) + margin


def _inside(point: _Point, x_limits: Limits, y_limits: Limits) -> tuple[float, float]:
    """Where a point is drawn: one beyond the frame at its edge."""
    gap = 0.03 * (y_limits[1] - y_limits[0])
    return min(max(point.x.estimate, x_limits[0]), x_limits[1]), max(point.y.estimate, y_limits[0] + gap)


def _marks(axes: Axes, chance: float | None) -> list[float]:
    """The baseline's axes, the limit of diagnosis, and chance; returns the places of vertical lines."""
    axes.axhline(0, color=BLACK, linewidth=0.6, alpha=0.5, zorder=0)
    axes.axvline(0, color=BLACK, linewidth=0.6, alpha=0.5, zorder=0)
    axes.axhline(-TOLERANCE, color=ORANGE, linewidth=1.2, linestyle="--", zorder=0)
    axes.axhspan(axes.get_ylim()[0], -TOLERANCE, color=ORANGE, alpha=0.07, linewidth=0, zorder=0)
    axes.annotate(
        f"limit −{TOLERANCE:g}: a row whose interval reaches it has lost the diagnosis", (0.99, -TOLERANCE), (0, -2),
        xycoords=("axes fraction", "data"), textcoords="offset points", ha="right", va="top", fontsize=7.5,
        color=ORANGE, zorder=1,
    )  # fmt: skip
    if chance is None:
        return [0.0]
    axes.axvline(chance, color=GREY, linestyle=":", linewidth=1.4, zorder=0, label="chance (0.5): nothing left to read")
    return [0.0, chance]


def _resolution(axes: Axes, table: Table) -> None:
    """The differences that are too small for the board to find them mostly, as a box about the baseline."""
    found = table.resolution
    if found is not None:
        corner, size = (-found.decodability, -found.auroc), (2 * found.decodability, 2 * found.auroc)
        axes.add_patch(Rectangle(corner, *size, color=GREY, alpha=0.13, linewidth=0, zorder=0, label=_TOO_SMALL))


def _references(axes: Axes, table: Table) -> list[float]:
    """The references' decodability less the baseline's, as vertical lines within the frame; returns their places."""
    decodability = table.headline(table.baseline) if table.baseline else None
    if decodability is None:
        return []
    shown = (UNTRAINED, LEACE, TRUE)
    key = next((column.key for column in table.columns if column.produce == table.headline), "")
    found = [(title, cells.get(key)) for title, cells in table.references if title in shown]
    found += [(f"{_plain(row)} (reference)", table.headline(row)) for row in table.of("references")]
    places = []
    for (title, estimate), dashes in zip(found, cycle(_DASHES), strict=False):
        place = estimate.mean - decodability.mean if isinstance(estimate, Estimate) else None
        if place is not None and axes.get_xlim()[0] < place < axes.get_xlim()[1]:
            axes.axvline(place, color=GREY, linestyle=dashes, linewidth=1.0, zorder=0, label=title)
            places.append(place)
    return places


def _draw(axes: Axes, point: _Point, place: tuple[float, float], protected: str) -> list[Segment]:
    """One marker with its two intervals; returns them."""
    colour, marker, title = point.look
    beyond = point.y.estimate < place[1]
    x, y = place
    segments: list[Segment] = [] if point.row.standing.baseline else [((point.x.low, y), (point.x.high, y))]
    if segments and not beyond:
        segments.append(((x, point.y.low), (x, point.y.high)))
    for segment in segments:
        axes.plot(
            *zip(*segment, strict=True), color=colour, linewidth=1.1, alpha=0.6 * point.alpha, zorder=2,
            solid_capstyle="butt",
        )  # fmt: skip
    axes.plot(
        *place, linestyle="none", markersize=7, zorder=4, color=colour, marker=marker, alpha=point.alpha,
        markerfacecolor=colour if point.filled else "white", label=title.format(protected=protected), clip_on=False,
    )  # fmt: skip
    return segments


def _words(axes: Axes, table: Table) -> None:
    protected = table.key.protected
    seeds = ", ".join(map(str, table.seeds))
    axes.set_xlabel(f"Δ decodability of {protected} {table.judged_by}  (← less {protected} can be read)")
    axes.set_ylabel("Δ diagnosis, macro AUROC  (better diagnosis →)")
    title = textwrap.fill(f"What methods change, compared with {BASELINE}: {table.name}", 80)
    of_what = textwrap.fill(f"{table.scored}; seeds {seeds}; paired differences with 95% intervals", 88)
    axes.set_title(f"{title}\n{of_what}", fontsize=9, loc="left")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:+.3g}".replace("-", "−") if abs(value) > 1e-12 else "0")
    axes.tick_params(labelsize=8.5)


def _legend(figure: Figure, axes: Axes, shares: bool) -> None:
    """The legend: each look once, markers first and empty whatever the shares, and what filling and per cents mean."""
    unique: dict[str, Artist] = {}
    pairs = zip(*axes.get_legend_handles_labels(), strict=True)
    for handle, title in sorted(pairs, key=lambda pair: not _is_marker(pair[0])):
        if isinstance(handle, Line2D) and _is_marker(handle):
            colour, full = handle.get_color(), handle.get_marker() in ("X", "P")
            handle = Line2D(
                [], [], linestyle="none", color=colour, marker=handle.get_marker(), alpha=handle.get_alpha(),
                markerfacecolor=colour if full else "white", markersize=7,
            )  # fmt: skip
        unique.setdefault(title, handle)
    if shares:
        filled = Line2D([], [], linestyle="none", marker="o", color=BLACK, markersize=7)
        unique[f"filled: {_FILLED:.0%} or more (share of draws on the Pareto front)"] = filled
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=2, frameon=False, fontsize=8)


def _is_marker(handle: Artist) -> bool:
    return isinstance(handle, Line2D) and handle.get_linestyle() == "None"


def _stands_out(point: _Point) -> bool:
    standing = point.row.standing
    return standing.baseline or standing.section == "race at test" or standing.tie_class == 1


def _plain(row: Row) -> str:
    return f"{row.method}, {row.setting}" if row.setting else row.method


def _name(point: _Point, y_limits: Limits) -> str:
    """The name, behind it how often the row is on the front; how far it lies below the frame, where it does."""
    share = "" if point.front is None else f" {point.front:.0%}"
    below = f" ({point.y.estimate:+.3f})".replace("-", "−") if point.y.estimate < y_limits[0] else ""
    return "\n".join([f"{point.row.method}{share}{below}", *textwrap.wrap(point.row.setting, 24)])
