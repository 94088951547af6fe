from dataclasses import replace

import numpy as np
import pytest

from bench.scoring.decodability import Decodability
from bench.scoring.decodability.result import Null
from bench.scoring.readings import scores
from tests.scoring.decodability.samples import decode, planted


@pytest.fixture(scope="module")
def result() -> Decodability:
    features, groups, patients = planted(1.0, patients=120, features=6)
    labels = np.random.default_rng(0).integers(0, 2, (240, 2))
    return decode(features, 2 * groups, patients, labels, group_names=("Asian", "Black", "White"))


def test_scores_are_tidy(result: Decodability) -> None:
    rows = scores(result, attribute="race")
    assert [row.metric for row in rows] == [
        "decodability",
        "decodability_given_diagnosis",
        "effective_sample_diagnosis",
        "propensity_diagnosis",
        "v_information",
        "v_information_conditional",
        *["decodability_ovr"] * 3,
        "decodability_worst_pair",
        "decodability_hand_till",
        "decodability_linear",
        "decodability_nonlinear",
        *["decodability_probe"] * 7,
        *["decodability_depth"] * 6,
        "removal_bound",
        *["removal"] * 3,
        "decodability_null",
        "decodability_null_given_diagnosis",
        "decodability_random_label",
        *["detection_limit"] * 6,
    ]
    assert {(row.layer, row.attribute) for row in rows} == {("features", "race")}
    head, given, asian, black, white = rows[0], rows[1], *rows[6:9]
    assert (head.value, head.low, head.high) == (result.one_vs_one.value, result.one_vs_one.low, result.one_vs_one.high)
    assert (head.read_by, head.n, head.patients, head.group) == (result.probe, 240, 120, None)
    assert given.note.startswith("given column 1, column 2; at least ")
    effective, propensity = rows[2], rows[3]
    assert (effective.group, effective.value) == ("Asian vs White", result.given_diagnosis.effective[0][1])
    assert propensity.value == result.given_diagnosis.propensity.value
    assert (asian.group, asian.n + white.n, asian.patients + white.patients) == ("Asian", 240, 120)
    assert (black.group, black.value, black.n) == ("Black", None, 0)
    assert black.note
    assert [row.probe for row in rows if row.metric == "decodability_probe"] == [p.name for p in result.probes]
    assert [row.level for row in rows if row.metric == "decodability_depth"] == [0, 0.01, 0.03, 0.1, 0.3, 1]
    assert [(row.level, row.value) for row in rows if row.metric == "removal"] == [(0.02, 0), (0.03, 0), (0.05, 0)]
    bound = next(row for row in rows if row.metric == "removal_bound")
    assert bound.value == max(p.upper for p in result.probes)
    assert bound.value == next(p.upper for p in result.probes if p.name == bound.read_by)


def test_no_two_scores_say_they_are_the_same(result: Decodability) -> None:
    rows = scores(result, attribute="race")
    keys = [(row.metric, row.group, row.probe, row.reference, row.level) for row in rows]
    assert len(set(keys)) == len(keys)


def test_controls_are_reference_rows(result: Decodability) -> None:
    rows = scores(result, attribute="sex")
    null = next(row for row in rows if row.metric == "decodability_null")
    assert (null.reference, null.read_by) == ("permuted", "ridge")
    assert (null.value, null.low, null.high) == (result.null.mean, result.null.low, result.null.high)
    found = [row for row in rows if row.metric == "detection_limit"]
    assert [row.reference for row in found] == [limit.name for limit in result.limits]
    assert found[0].reference == "linear, percentile 1"
    assert [row.value for row in found] == [limit.auroc for limit in result.limits]
    assert all("24 plantings; standard error 0.0" in str(row.note) for row in found)
    assert {row.attribute for row in rows} == {"sex"}


def test_what_cannot_be_said_has_no_value(result: Decodability) -> None:
    few = decode(*planted(0.0, patients=30, features=3, images=1))
    rows = [row for row in scores(few, attribute="race") if row.metric == "removal"]
    assert [row.value for row in rows] == [None] * 3
    note = "underpowered: too few patients to tell removal at this δ with 80% power"
    assert [row.note for row in rows] == [note] * 3


def test_flags_stand_beside_the_headline() -> None:
    flat = decode(np.ones((40, 2)), np.arange(40) % 2, np.arange(40), fast=True)
    rows = scores(flat, attribute="race", reference="untrained")
    assert rows[0].note == "flags: CONSTANT_FEATURES"
    assert {row.reference for row in rows} == {"untrained"}
    assert "decodability_given_diagnosis" not in {row.metric for row in rows}


def test_what_is_undefined_is_none_and_says_so() -> None:
    nan = float("nan")
    found = replace(decode(*planted(0.0, patients=30, features=3, images=1)), null=Null(nan, nan, nan, nan, 200))
    (null,) = [score for score in scores(found, attribute="race") if score.metric == "decodability_null"]
    assert (null.value, null.low, null.high) == (None, None, None)
    assert null.note is not None
    assert null.note.startswith("undefined")
