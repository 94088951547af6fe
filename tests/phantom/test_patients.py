"""Patients from uniform numbers: shares, sites, visits and findings as stated."""

import numpy as np
import pytest
from scipy.stats import norm

from bench.phantom import Findings, Site, choose, elsewhere, mixed, scanners_used, visits

MANY = 20_000
FINDINGS = Findings(
    prevalence={"mass": 0.2, "calcification": 0.1},
    moved={"A": {"mass": 1.0, "calcification": 0.0}, "B": {"mass": -1.0, "calcification": 0.0}},
    age=0.3,
    lasting=0.6,
    separation=2.0,
)


def drawn(dial: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, MANY)
    age, lasting, liability = rng.standard_normal(MANY), rng.random((MANY, 2)), rng.random((MANY, 3, 2))
    return group, FINDINGS.present(group, age, lasting, liability, dial)


def test_shares_are_as_asked_for() -> None:
    uniform = (np.arange(1000) + 0.5) / 1000
    assert np.bincount(choose(np.array([0.2, 0.5, 0.3]), uniform)).tolist() == [200, 500, 300]
    observed = np.array([0.1, 0.2, 0.7])
    np.testing.assert_allclose(mixed(observed, 0.0), 1 / 3)
    np.testing.assert_allclose(mixed(observed, 1.0), observed)
    np.testing.assert_allclose(mixed(observed, 0.5), (observed + 1 / 3) / 2)


def test_some_are_seen_elsewhere() -> None:
    uniform = (np.arange(1000) + 0.5) / 1000
    one = np.ones(1000, bool)
    assert elsewhere(0.5, ~one, uniform, 0.2).sum() == 500
    assert elsewhere(0.5, one, uniform, 0.2).sum() == 700


def test_prevalence_is_as_stated_and_moved_by_group() -> None:
    group, present = drawn(0.1)
    assert present.shape == (MANY, 3, 2)
    for code, expected in enumerate(((0.3, 0.1), (0.1, 0.1))):
        np.testing.assert_allclose(present[group == code].mean(axis=(0, 1)), expected, atol=0.02)
    group, present = drawn(0.0)
    np.testing.assert_allclose(present[group == 0].mean(axis=(0, 1)), (0.2, 0.1), atol=0.02)


def test_findings_last_between_studies() -> None:
    _, present = drawn(0.0)
    together = (present[:, 0, 0] & present[:, 1, 0]).mean()
    assert together > 2 * present[..., 0].mean() ** 2


def test_looks_are_milder_and_labels_miss_in_one_group_alone() -> None:
    rng = np.random.default_rng(1)
    group, present = drawn(0.0)
    less = group == 1
    looks = FINDINGS.looks(present, less, rng.random(present.shape), 0.5)
    for code, separation in enumerate((2.0, 1.5)):
        ill = present & (group == code)[:, None, None]
        assert looks[ill].mean() == pytest.approx(separation, abs=0.05)
    assert looks[~present].mean() == pytest.approx(0, abs=0.02)
    reported = FINDINGS.reported(present, less, rng.random(present.shape), 0.25)
    assert not (reported & ~present).any()
    assert (reported == present)[~less].all()
    assert reported[less].sum() / present[less].sum() == pytest.approx(0.75, abs=0.02)
    # The best reader of a finding is the look itself.
    well, ill = np.sort(looks[~present & ~less[:, None, None]]), looks[present & ~less[:, None, None]]
    assert np.searchsorted(well, ill).mean() / len(well) == pytest.approx(norm.cdf(2 / np.sqrt(2)), abs=0.01)


def test_labels_are_columns_with_the_healthy_beside() -> None:
    columns = FINDINGS.labels("true_", np.array([[True, False], [False, False]]))
    assert {name: column.tolist() for name, column in columns.items()} == {
        "true_mass": [1.0, 0.0],
        "true_calcification": [0.0, 0.0],
        "true_no_finding": [0.0, 1.0],
    }


def test_visits_are_numbered_within_their_patient() -> None:
    same = np.array([[0.0, 0.9, 0.1], [0.5, 0.5, 0.5]])
    patient, study, position = visits((0.5, 0.0, 0.5), 0.2, np.array([0.9, 0.1]), same)
    assert patient.tolist() == [0, 0, 0, 1]
    assert position.tolist() == [0, 1, 2, 0]
    assert study.tolist() == [0, 1, 1, 0]


def test_each_site_uses_its_own_scanners() -> None:
    sites = {"north": Site(("a", "b"), 0.7, 0.5), "south": Site(("c", "d"), 0.2, 0.5)}
    assert scanners_used(sites, ["north", "north", "south", "south"], np.array([0.6, 0.8, 0.1, 0.3])) == list("abcd")
