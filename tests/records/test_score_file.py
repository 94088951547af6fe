from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from bench.records import Record, Score
from tests.records.samples import HEAD, file


def test_numbers_are_numbers(tiny_record: Record) -> None:
    for found in tiny_record.files:
        for score in found.scores:
            for value in (score.value, score.low, score.high):
                assert value is None or math.isfinite(value)
            assert score.value is not None or score.note


def test_unknown_fields_are_refused() -> None:
    Score(metric="auroc", value=1.0, n=1)
    with pytest.raises(ValidationError):
        Score(metric="auroc", value=1.0, n=1, colour="red")  # type: ignore[call-arg]


def test_every_score_of_a_file_has_a_label_of_its_own(tiny_record: Record) -> None:
    """What influence values and loggers are keyed by: two scores of one label would be one."""
    for found in tiny_record.files:
        labels = [score.label for score in found.scores]
        assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("arena", "phantom, site south"),
        ("place", "elsewhere"),
        ("dataset", "chexpert"),
        ("synthetic", False),
        ("data", "other"),
        ("split", "other"),
        ("protected", "sex"),
        ("groups", ["Asian", "White"]),
        ("targets", ["nodule"]),
        ("unit", "study"),
        ("n", 41),
        ("patients", 31),
        ("layers", "all"),
        ("scoring", 2),
        ("suite", 2),
    ],
)
def test_whatever_a_head_says_is_in_its_digest(field: str, value: object) -> None:
    assert set(HEAD) == set(type(file("r").head).model_fields)
    assert file("r").head.digest == file("r", created="2027-01-01T00:00:00+00:00").head.digest
    assert file("r", **{field: value}).head.digest != file("r").head.digest


def test_a_copy_is_asked_for_its_own_scores() -> None:
    found = file("r", Score(metric="auroc", value=0.5, n=1))
    assert found.find.value("auroc") == 0.5
    copy = found.model_copy(update={"scores": [Score(metric="auroc", value=0.7, n=1)]})
    assert copy.find.value("auroc") == 0.7


@pytest.mark.parametrize(
    "numbers",
    [
        {"value": math.nan},
        {"value": math.inf},
        {"value": 0.5, "low": math.nan},
        {"value": 0.5, "low": 0.6, "high": 0.7},
        {"value": 0.5, "low": 0.4, "high": 0.45},
        {"value": None, "low": 0.6, "high": 0.5},
        {"value": 0.5, "n": -1},
    ],
)
def test_what_is_no_score_is_refused(numbers: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Score(**{"metric": "auroc", "n": 1, **numbers})  # type: ignore[arg-type]


def test_limits_may_touch_their_value_and_one_may_be_missing() -> None:
    assert Score(metric="a", value=0.5, low=0.5, high=0.5, n=1).value == 0.5
    assert Score(metric="a", value=0.5, low=0.5 + 1e-12, n=1).high is None
