"""The Pareto front of two objectives: no other point is at least as good in both and better in one."""

from __future__ import annotations

from collections.abc import Sequence


def front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Whether each ``(lower is better, higher is better)`` point is dominated by none; equals share their fate."""
    return [not any(_dominates(other, point) for other in points) for point in points]


def _dominates(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] <= b[0] and a[1] >= b[1] and a != b
