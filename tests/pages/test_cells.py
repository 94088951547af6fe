import pytest

from bench.pages import cells
from bench.pages.document import Column, Intervals, Measured, Missing, Name, Number, single


@pytest.mark.parametrize(
    ("intervals", "words"), [("beneath", "[0.700, 0.900]"), ("beside", "(0.700–0.900)"), ("apart", "0.700 – 0.900")]
)
def test_an_interval_as_it_stands(intervals: Intervals, words: str) -> None:
    assert cells.interval(Measured(0.8, 0.7, 0.9), intervals) == words
    assert cells.interval(Measured(0.8), intervals) == ""


def test_differences_have_a_sign_and_a_minus_that_is_no_dash() -> None:
    cell = Measured(-0.1234, -0.2, 0.0004, signed=True, mark="†")
    assert cells.value(cell) == "−0.123†"
    assert cells.interval(cell, "beneath") == "[−0.200, 0.000]"
    assert cells.value(Measured(0.01, signed=True)) == "+0.010"
    # 0 to the digits that are shown is neither more nor less.
    assert cells.value(Measured(-0.0001, signed=True)) == "0.000"
    assert cells.value(Measured(-0.01)) == "-0.010"


def test_numbers_and_names() -> None:
    assert cells.value(Measured(0.81251)) == "0.813"
    assert cells.value(Measured(0.81251, digits=2)) == "0.81"
    assert cells.value(Number(12345, ",d")) == "12,345"
    assert cells.value(Number(3)) == "3"
    assert cells.name(Name("a", "s=1")) == "a (s=1)"
    assert cells.name(Name("a")) == "a"


def test_intervals_apart_have_a_column_that_says_why_a_number_is_missing() -> None:
    columns = (Column(""), Column("value", estimates=True), Column("n"))
    grid = cells.spread(
        type(single((), []))(
            columns, single(columns, [("a", Measured(0.5, 0.4, 0.6), "1"), ("b", Missing("why"), "2")]).parts,
            intervals="apart",
        )
    )  # fmt: skip
    assert [column.title for column in grid.columns] == ["", "value", "95% interval", "n"]
    assert grid.rows == (
        ("a", Measured(0.5, 0.4, 0.6), "0.400 – 0.600", "1"),
        ("b", Missing("why"), "why", "2"),
    )
