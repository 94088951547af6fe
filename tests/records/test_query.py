from __future__ import annotations

import math

import pytest

from bench.errors import BenchError
from bench.records import ANY, PROTECTED, Score, Scores


def score(value: float | None, **dimensions: object) -> Score:
    return Score(metric="auroc", value=value, n=1, **dimensions)  # type: ignore[arg-type]


ALL = score(0.8, target="macro")
BLACK = score(0.7, target="macro", attribute="race", group="Black")
FEMALE = score(0.6, target="macro", attribute="sex", group="F")
EFFUSION = score(0.5, target="effusion")
NOT_SCORED = score(None, target="nodule")
FOUND = Scores([ALL, BLACK, FEMALE, EFFUSION, NOT_SCORED], "race", "run r")


def test_a_dimension_that_is_not_named_is_none() -> None:
    assert FOUND.one("auroc", target="macro") == ALL
    assert FOUND.one("auroc") is None
    assert FOUND.one("brier", target="macro") is None


def test_every_leaves_what_is_not_named_open_in_the_order_of_the_file() -> None:
    assert FOUND.every("auroc", target="macro") == [ALL, BLACK, FEMALE]
    assert FOUND.every("auroc", target="macro", attribute=None) == [ALL]
    assert FOUND.every("auroc") == [ALL, BLACK, FEMALE, EFFUSION, NOT_SCORED]
    assert FOUND.every("brier") == []


def test_the_protected_attribute_and_any() -> None:
    assert FOUND.one("auroc", target="macro", attribute=PROTECTED, group=ANY) == BLACK
    assert FOUND.every("auroc", target="macro", attribute=ANY, group=ANY) == [ALL, BLACK, FEMALE]
    by_sex = Scores(FOUND.rows, "sex")
    assert by_sex.one("auroc", target="macro", attribute=PROTECTED, group=ANY) == FEMALE


def test_several_where_one_is_needed_are_refused_and_named() -> None:
    with pytest.raises(BenchError, match=r"Of run r there are 3 scores 'auroc' \(target=<any>"):
        FOUND.one("auroc", target=ANY)


def test_a_value_that_is_not_there_is_nan() -> None:
    assert FOUND.value("auroc", target="effusion") == 0.5
    assert math.isnan(FOUND.value("auroc", target="nodule"))
    assert math.isnan(FOUND.value("brier", target="macro"))
