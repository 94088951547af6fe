"""Overlap weights against their definition, exact strata, and what a known propensity gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scoring.decodability.expansion import PER_COLUMN, expand
from bench.scoring.decodability.overlap import (
    LITTLE,
    PENALTIES,
    against,
    at_once,
    comparable,
    effective,
    kept,
    propensity,
    weighted_auroc,
)
from bench.statistics.auroc import Contest, decide, decide_all, pairs
from bench.task import Confounder
from tests.scoring.decodability.samples import sample


@given(st.integers(0, 1000), st.integers(2, 5))
def test_weights_are_those_of_the_papers(seed: int, n_groups: int) -> None:
    rng = np.random.default_rng(seed)
    e = rng.dirichlet(np.ones(n_groups), 20)
    groups = rng.integers(0, n_groups, 20)
    log_e = np.log(e) + rng.normal(size=(20, 1))  # a constant an image changes nothing
    for image, group in enumerate(groups):
        share = e[image]
        np.testing.assert_allclose(against(log_e, groups)[image], share / (share[group] + share), atol=1e-12)
        np.testing.assert_allclose(at_once(log_e)[image], (1 / share) / (1 / share).sum(), atol=1e-12)
    if n_groups == 2:  # the two are one: an image weighs the propensity of the other group
        np.testing.assert_allclose(at_once(log_e), e[:, ::-1])


def drawn(seed: int, n: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups of three that depend on a stratum of four, the stratum, and a score that depends on both."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 4, n)
    shares = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.3, 0.3, 0.4], [0.1, 0.3, 0.6]])[stratum]
    groups = (rng.random((n, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    return groups, stratum, stratum + 0.5 * groups + rng.normal(size=n)


def test_of_strata_it_is_the_mean_auroc_within_strata_weighted_by_their_overlap() -> None:
    groups, stratum, score = drawn(0)
    found, splits, _ = sample(score[:, None], groups, np.arange(len(groups)), stratum)
    design, _ = expand(found.confounders, 400)
    one = propensity(found, splits[0], design, 0)
    rows = found.rows(splits[0].test)
    log_posteriors = found.features[rows] * np.arange(3)
    value, _ = weighted_auroc(found, rows, log_posteriors, one)
    # The oracle knows the shares of the patients who fit and select, and compares across strata as the weights say.
    cell, known = found.confounders[0].values, np.setdiff1d(np.arange(len(groups)), rows)
    shares = np.array([np.bincount(found.groups[known][cell[known] == c], minlength=3) for c in range(4)])
    e = (shares / shares.sum(axis=1, keepdims=True))[cell[rows]]
    oracle = decide_all(pairs(log_posteriors, found.groups[rows], against(np.log(e), found.groups[rows])))[0]
    assert value == pytest.approx(oracle, abs=2e-3)


def test_what_depends_on_c_alone_reads_half_and_the_weights_of_two_groups_do_not_do_for_three() -> None:
    values, naive = [], []
    for seed in range(6):
        groups, stratum, _ = drawn(seed)
        score = stratum + np.random.default_rng(seed).normal(size=len(groups))
        found, splits, _ = sample(score[:, None], groups, np.arange(len(groups)), stratum)
        design, _ = expand(found.confounders, 400)
        for split in splits[:4]:
            rows, one = found.rows(split.test), propensity(found, split, design, seed)
            contests = pairs(found.features[rows] * np.array([2.0, 1, 0]), found.groups[rows])
            values.append(weighted_auroc(found, rows, found.features[rows] * np.array([2.0, 1, 0]), one)[0])
            e = np.exp(one.log_e[rows])
            weights = 1 - e[np.arange(len(rows)), found.groups[rows]]
            naive.append(decide(Contest(contests[0].scores, contests[0].positive, contests[0].negative, weights))[0])
    assert np.mean(values) == pytest.approx(0.5, abs=0.01)
    assert abs(np.mean(naive) - 0.5) > 0.03


def test_no_image_is_weighed_by_a_model_that_saw_its_patient() -> None:
    groups, stratum, score = drawn(0, 400)
    patients = np.arange(400) // 2
    groups = groups[2 * patients]
    found, splits, _ = sample(score[:, None], groups, patients, stratum)
    design, _ = expand(found.confounders, 50)
    before = propensity(found, splits[0], design, 0).log_e
    for patient in (3, 150):
        own = found.patients == patient
        changed = found.patient_groups.copy()
        changed[patient] = (changed[patient] + 1) % 3
        after = propensity(found.relabelled(changed, found.names), splits[0], design, 0)
        # Others hang on it, unless it is a test patient, on whom nobody does.
        if patient in splits[0].test:
            np.testing.assert_array_equal(after.log_e, before)
        else:
            assert (after.log_e[~own] != before[~own]).any()
    tested = found.rows(splits[0].test)
    assert not np.isin(tested, propensity(found, splits[0], design, 0).learnt_from).any()


def test_influence_holds_what_the_estimated_propensity_adds() -> None:
    """Over fresh draws the error is that of the influence values, and the fixed weights' own are too large."""
    values, errors, fixed = [], [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        c = rng.normal(size=400)
        groups = (rng.random(400) < 1 / (1 + np.exp(-1.5 * c))).astype(int)
        score = 2 * c + rng.normal(size=400)
        found, splits, _ = sample(score[:, None], groups, np.arange(400), [Confounder("c", "number", c)])
        design, _ = expand(found.confounders, PER_COLUMN)
        total, without = np.zeros(400), np.zeros(400)
        part = []
        for number, split in enumerate(splits[:4]):
            one, rows = propensity(found, split, design, number), found.rows(split.test)
            log_posteriors = found.features[rows] * np.array([0.0, 1.0])
            value, influence = weighted_auroc(found, rows, log_posteriors, one)
            part.append(value)
            total += influence / 4
            weights = against(one.log_e[rows], found.groups[rows])
            without[rows] += decide_all(pairs(log_posteriors, found.groups[rows], weights))[1] / 4
        assert total.sum() == pytest.approx(0, abs=1e-12)
        values.append(np.mean(part))
        errors.append(np.square(total).sum())
        fixed.append(np.square(without).sum())
    scatter = np.std(values)
    assert np.sqrt(np.mean(errors)) == pytest.approx(scatter, rel=0.2)
    assert np.sqrt(np.mean(fixed)) > 1.2 * scatter


def test_groups_without_overlap_are_not_compared() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 3, 600)
    apart = (groups == 2).astype(int)  # the third group stands alone
    found, splits, _ = sample(rng.normal(size=(600, 1)), groups, np.arange(600), apart)
    design, _ = expand(found.confounders, 200)
    one, rows = propensity(found, splits[0], design, 0), found.rows(splits[0].test)
    contests = pairs(np.zeros((len(rows), 3)), found.groups[rows], against(one.log_e[rows], found.groups[rows]))
    assert [kept(contest) > LITTLE for contest in contests] == [True, False, False]
    assert kept(contests[0]) > 0.9
    assert [np.isnan(decide(contest)[0]) for contest in comparable(contests)] == [False, True, True]


def test_effective_numbers_are_kishs() -> None:
    side = np.array([True, True, False, False])
    assert effective(Contest(np.zeros(4), side, ~side, np.full(4, 0.3))) == pytest.approx(1)
    assert effective(Contest(np.zeros(4), side, ~side, np.array([1, 0, 1, 1.0]))) == pytest.approx(3 / 4)


def test_many_columns_and_few_patients_take_a_penalty_that_held_out_patients_choose() -> None:
    rng = np.random.default_rng(0)
    columns = [Confounder(f"c{k}", "number", rng.normal(size=90)) for k in range(30)]
    groups = np.arange(90) % 3
    found, splits, _ = sample(rng.normal(size=(90, 1)), groups, np.arange(90), columns)
    design, _ = expand(found.confounders, 30)
    spread = np.ptp(propensity(found, splits[0], design, 0).log_e[:, 0])
    # At the weakest penalty 30 columns would tell 70 patients apart for sure.
    assert spread < 3
    assert len(PENALTIES) > 3
