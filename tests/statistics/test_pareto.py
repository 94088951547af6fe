from hypothesis import given
from hypothesis import strategies as st

from tests.statistics.pareto import front

# A coarse grid, so that ties in one objective and equal points occur.
_POINTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=25)


@given(_POINTS)
def test_front_equals_a_sweep_from_the_left(points: list[tuple[int, int]]) -> None:
    """An independent way: going right, a point is on the front if it is higher than everything before it."""
    expected = set()
    highest = float("-inf")
    for x in sorted({x for x, _ in points}):
        top = max(y for other, y in points if other == x)
        if top > highest:
            expected.add((x, top))
            highest = top
    assert front(points) == [point in expected for point in points]


@given(_POINTS)
def test_front_of_the_front_is_itself_and_every_other_point_is_beaten_by_it(points: list[tuple[int, int]]) -> None:
    marks = front(points)
    best = [point for point, mark in zip(points, marks, strict=True) if mark]
    assert all(front(best))
    for (x, y), mark in zip(points, marks, strict=True):
        if not mark:
            assert any(a <= x and b >= y and (a, b) != (x, y) for a, b in best)


def test_ties() -> None:
    assert front([(0.5, 0.8), (0.5, 0.8), (0.5, 0.7), (0.6, 0.8), (0.6, 0.9)]) == [True, True, False, False, True]
    assert front([]) == []
