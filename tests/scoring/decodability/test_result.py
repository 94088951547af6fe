import numpy as np
import pytest

from bench.scoring.decodability import Decodability, decode, scores


@pytest.fixture(scope="module")
def result() -> Decodability:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 120)
    features = rng.normal(size=(240, 6))
    features[:, 0] += np.repeat(groups, 2)
    return decode(
        features,
        2 * np.repeat(groups, 2),
        np.repeat(np.arange(120), 2),
        rng.integers(0, 2, (240, 2)),
        group_names=("Asian", "Black", "White"),
    )


def test_scores_are_tidy(result: Decodability) -> None:
    rows = scores(result, view="penultimate", split="test")
    assert [row.metric for row in rows] == [
        "decodability",
        "decodability_within_label",
        *["decodability_ovr"] * 3,
        *["decodability_ovr_within_label"] * 3,
        *["decodability_probe"] * 2,
        "decodability_null",
    ]
    assert {(row.view, row.split, row.attribute) for row in rows} == {("penultimate", "test", "race")}
    head, within, asian, black, white = rows[:5]
    assert (head.value, head.low, head.high) == (result.one_vs_one.value, result.one_vs_one.low, result.one_vs_one.high)
    assert (head.probe, head.n, head.patients, head.group) == (result.probe, 240, 120, None)
    assert within.note == "4 strata compared, 0 without two groups skipped"
    assert (asian.group, asian.n + white.n, asian.patients + white.patients) == ("Asian", 240, 120)
    assert (black.group, black.value, black.n) == ("Black", None, 0)
    assert black.note
    assert [row.probe for row in rows if row.metric == "decodability_probe"] == ["ridge", "logistic"]


def test_the_null_is_a_reference_row_of_the_method_alone(result: Decodability) -> None:
    null = scores(result, view="outputs", split="val")[-1]
    assert (null.reference, null.probe) == ("permuted", "ridge")
    assert (null.value, null.low, null.high) == (result.null.mean, result.null.low, result.null.high)
    untrained = scores(result, view="outputs", split="val", reference="untrained", attribute="sex")
    assert {(row.reference, row.attribute) for row in untrained} == {("untrained", "sex")}


def test_flags_stand_beside_the_headline() -> None:
    flat = decode(np.ones((40, 2)), np.arange(40) % 2, np.arange(40), fast=True)
    rows = scores(flat, view="outputs", split="test")
    assert rows[0].note == "flags: CONSTANT_FEATURES"
    assert "decodability_within_label" not in {row.metric for row in rows}
