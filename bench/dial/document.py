"""The curves as a page, and as numbers."""

from __future__ import annotations

from collections.abc import Sequence

from bench.dial.curves import COLUMNS, Curve, Point
from bench.dial.request import Request
from bench.pages.document import (
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Grid,
    Measured,
    Missing,
    Number,
    Paragraph,
    Row,
    Rows,
    Section,
    single,
)
from bench.pages.notes import SYNTHETIC

FIGURE = "dial.png"


def page(request: Request, found: Sequence[Curve]) -> Document:
    """The figure, and a grid a method: a row a strength."""
    first: list[Block] = [SYNTHETIC, Paragraph(_told(request, found)), Figure(FIGURE, f"Scores against {request.dial}")]
    sections = [Section((_grid(request, curve),), curve.label) for curve in found]
    return Document((Section(tuple(first)), *sections), title(request))


def title(request: Request) -> str:
    """What the curves are of."""
    task = request.networks[0].config.task
    return f"{task.name} on {task.dataset}: scores against {request.dial}"


def _told(request: Request, found: Sequence[Curve]) -> str:
    seeds = ", ".join(str(seed) for seed in sorted({network.config.seed for network in request.networks}))
    patients = min(point.patients for curve in found for point in curve.points)
    trained = (
        "at each strength and tested at the same one"
        if request.trained
        else f"once, at {request.dial}={request.usual:g}, and tested at each strength"
    )
    return (
        f"Networks were trained {trained}; the test patients ({patients:,}) are the same, rendered anew. Seeds of"
        f" training: {seeds}. Means over seeds with 95% intervals, for other patients and seeds. From one strength to"
        " the next the patients are the same, so curves move less by chance than their intervals are wide."
    )


def _grid(request: Request, curve: Curve) -> Grid:
    shown = [column for column in COLUMNS if any(point.scores[column.key] for point in curve.points)]
    columns = [Column(request.dial, "center"), Column("seeds", "center")]
    columns += [Column(column.title, "center", column.direction) for column in shown]
    rows = [_row(request, point, [point.scores[column.key] for column in shown]) for point in curve.points]
    return Grid(tuple(columns), (Rows(tuple(rows)),), intervals="beneath")


def _row(request: Request, point: Point, scores: Sequence[object]) -> Row:
    usual = "" if request.trained or point.strength != request.usual else " (trained)"
    return (f"{point.strength:g}{usual}", Number(point.seeds), *map(_cell, scores))


def _cell(score: object) -> Cell:
    mean, low, high = (getattr(score, name, None) for name in ("mean", "low", "high"))
    return Missing() if mean is None else Measured(mean, low, high)


def numbers(request: Request, found: Sequence[Curve]) -> Grid:
    """Every number, a line a method and strength."""
    columns = [Column(key, key=key) for key in ("dial", "strength", "trained_at", "method", "seeds", "patients")]
    columns += [Column(column.title, key=column.key, estimates=True) for column in COLUMNS]
    lines: list[Row] = []
    for curve in found:
        for point in curve.points:
            trained = point.strength if request.trained else request.usual
            first = (request.dial, Number(point.strength), Number(trained), curve.label, Number(point.seeds))
            scores = [_cell(point.scores[column.key]) for column in COLUMNS]
            lines.append((*first, Number(point.patients), *scores))
    return single(columns, lines)
