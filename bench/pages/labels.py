"""Names beside the points of a scatter plot, placed so that none covers another or a point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

_RADII = (10, 14, 20, 28, 38, 50, 64, 80, 100, 124, 150)  # points
_ANGLES = np.deg2rad(np.arange(0, 360, 15))
_MARKER = 4.5  # half the side of the square around a point that stays free, points
_PADDING = 1.5  # around each name, points
_LEADER = 9.0  # a name farther from its point than this is tied to it by a line, points
_ON_LINE = 20.0  # what a name on a line costs, in points of distance
_ON_LEADER = 60.0  # a name on another's leader, or leaders that cross
_ON_POINT = 25.0  # a leader that runs over another point
_NEAREST = 20.0  # a name nearer to another point than to its own

Segment = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class _Place:
    """Where a name may stand, in pixels: its box, and the line ``(2, 2)`` from the point to the box's nearest edge."""

    box: Bbox
    leader: np.ndarray

    @property
    def distance(self) -> float:
        return float(np.linalg.norm(self.leader[1] - self.leader[0]))


@dataclass
class _Canvas:
    """What is on the axes already, in pixels; ``unit`` is the pixels of a point (1/72 inch)."""

    unit: float
    frame: Bbox
    points: np.ndarray
    markers: list[Bbox]
    lines: np.ndarray  #: lower left and upper right end of each line, (S, 2, 2)
    names: list[Bbox] = field(default_factory=list)
    leaders: list[Path] = field(default_factory=list)

    def free(self, box: Bbox) -> bool:
        frame = self.frame
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        return inside and not any(box.overlaps(other) for other in (*self.names, *self.markers))

    def cost(self, i: int, place: _Place) -> float:
        """How ill the place suits the name of point i, in points of distance."""
        low, high = np.reshape(place.box.extents, (2, 2))
        gaps = np.linalg.norm(np.clip(self.points, low, high) - self.points, axis=1)
        total = place.distance / self.unit + _NEAREST * (int(gaps.argmin()) != i)
        total += _ON_LINE * int(((self.lines[:, 0] <= high) & (self.lines[:, 1] >= low)).all(axis=1).sum())
        total += _ON_LEADER * sum(other.intersects_bbox(place.box, filled=False) for other in self.leaders)
        if place.distance > _LEADER * self.unit:
            leader = Path(place.leader)
            others = [marker for j, marker in enumerate(self.markers) if j != i]
            total += _ON_LEADER * sum(other.intersects_path(leader, filled=False) for other in self.leaders)
            total += _ON_POINT * sum(leader.intersects_bbox(marker, filled=False) for marker in others)
        return float(total)


def place(
    axes: Axes,
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    colours: Sequence[str],
    lines: Sequence[Segment] = (),
    size: float = 8,
) -> list[Annotation]:
    """Write each name near its point, inside the axes, over no other name and no point, and off ``lines`` if possible.

    Points and lines (horizontal or vertical) are in data coordinates; limits and layout of the figure must be final.
    An empty name only keeps its point free. A name for which there is no room is left out.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    renderer = FigureCanvasAgg(figure).get_renderer()
    canvas = _canvas(axes, figure.dpi / 72, points, lines)
    placed: list[Annotation] = []
    for i, (point, name, colour) in enumerate(zip(points, names, colours, strict=True)):
        if not name:
            continue
        note = axes.annotate(
            name, point, (0, 0), textcoords="offset points", fontsize=size, color=colour, ha="center", va="center",
            linespacing=1.05, zorder=6, path_effects=[withStroke(linewidth=2, foreground="white")],
        )  # fmt: skip
        extent = note.get_window_extent(renderer)
        half = np.array([extent.width, extent.height]) / 2 + _PADDING * canvas.unit
        free = [there for there in _around(canvas.points[i], half, canvas.unit) if canvas.free(there.box)]
        if not free:
            note.remove()
            continue
        best = min(free, key=lambda there, i=i: canvas.cost(i, there))  # type: ignore[misc]
        centre = np.reshape(best.box.extents, (2, 2)).mean(axis=0)
        note.set_position(tuple((centre - canvas.points[i]) / canvas.unit))
        note.set_multialignment("left" if centre[0] > canvas.points[i, 0] else "right")
        canvas.names.append(best.box)
        placed.append(note)
        if best.distance > _LEADER * canvas.unit:
            canvas.leaders.append(Path(best.leader))
            ends = axes.transData.inverted().transform(best.leader)
            axes.plot(*ends.T, color=colour, linewidth=0.6, alpha=0.8, zorder=3)
    return placed


def _canvas(axes: Axes, unit: float, points: Sequence[tuple[float, float]], lines: Sequence[Segment]) -> _Canvas:
    pixels = axes.transData.transform(np.reshape(np.asarray(points, dtype=float), (-1, 2)))
    ends = axes.transData.transform(np.reshape(np.asarray(lines, dtype=float), (-1, 2))).reshape(-1, 2, 2)
    return _Canvas(
        unit=unit,
        frame=axes.get_window_extent().padded(-2 * unit),
        points=pixels,
        markers=[Bbox.from_extents(*(pixel - _MARKER * unit), *(pixel + _MARKER * unit)) for pixel in pixels],
        lines=np.sort(ends, axis=1),
    )


def _around(pixel: np.ndarray, half: np.ndarray, unit: float) -> Iterator[_Place]:
    """Where a name of this half width and height may stand, nearest first: rings about its point."""
    directions = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
    for radius in _RADII:
        for direction in directions:
            # The radius reaches to the name's edge, not to its centre.
            centre = pixel + direction * (radius * unit + np.abs(direction) @ half - min(half))
            edge = np.clip(pixel, centre - half, centre + half)
            yield _Place(Bbox.from_extents(*(centre - half), *(centre + half)), np.stack([pixel, edge]))
