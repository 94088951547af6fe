from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax
from sklearn.metrics import roc_auc_score

from bench.reading_race.scores import DIFFERENCE, Judge
from bench.statistics.bootstrap import PatientBootstrap
from bench.statistics.metrics import Sample, auroc
from bench.task import Cohort, TaskSpec

NAMES = ("Asian", "Black", "White")


def made(n: int = 600, signal: float = 1.0, seed: int = 0) -> tuple[Judge, np.ndarray, np.ndarray]:
    """A judge of n images, two a patient, log posteriors that know the group, and the groups."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(rng.choice(3, n // 2, p=[0.2, 0.3, 0.5]), 2)
    patient = np.repeat(rng.normal(size=(n // 2, 3)), 2, axis=0)
    posteriors = log_softmax(signal * np.eye(3)[groups] + patient + rng.normal(size=(n, 3)), axis=1)
    table = pd.DataFrame(
        {
            "image": [f"i{i:04d}" for i in range(n)],
            "patient": [f"p{i // 2:04d}" for i in range(n)],
            "race": np.array(NAMES)[groups],
            **{name: (groups == g).astype(float) for g, name in enumerate(NAMES)},
        }
    )
    spec = TaskSpec("t", NAMES, "race", NAMES, 32)
    return Judge(Cohort(table, spec, "d", True, {"race": NAMES})), posteriors, groups


def test_aurocs_are_scikit_learns_and_intervals_those_of_a_patient_bootstrap() -> None:
    judge, posteriors, groups = made()
    found = judge.readings(posteriors)
    bootstrap = PatientBootstrap(judge.cohort.patients, 500)
    for g, name in enumerate(NAMES):
        assert found[name].value == pytest.approx(roc_auc_score(groups == g, np.exp(posteriors[:, g])))
        sample = Sample(posteriors[:, g], groups == g)
        _, draws = bootstrap.replicate(lambda weights, sample=sample: auroc(sample, weights))
        assert found[name].standard_error == pytest.approx(draws.std(), rel=0.12)
    assert found["macro"].value == pytest.approx(np.mean([found[name].value for name in NAMES]))


def test_pairs_of_groups_are_ranked_by_their_own_odds() -> None:
    judge, posteriors, groups = made()
    by_pair = {score.group: score.value for score in judge.pair_scores(posteriors)}
    for (a, i), (b, j) in product(zip(NAMES, range(3), strict=True), repeat=2):
        if i < j:
            rows = (groups == i) | (groups == j)
            odds = (posteriors[:, i] - posteriors[:, j])[rows]
            assert by_pair[f"{a} against {b}"] == pytest.approx(roc_auc_score(groups[rows] == i, odds))


def test_within_cells_only_images_of_one_cell_are_compared() -> None:
    judge, posteriors, groups = made(240)
    cells = np.random.default_rng(1).integers(0, 5, 240)
    found = judge.readings(posteriors, cells=cells)
    for g, name in enumerate(NAMES):
        positive, negative = np.flatnonzero(groups == g), np.flatnonzero(groups != g)
        odds = posteriors[:, g]
        pairs = [
            (odds[i] > odds[j]) + 0.5 * (odds[i] == odds[j]) for i in positive for j in negative if cells[i] == cells[j]
        ]
        assert found[name].value == pytest.approx(np.mean(pairs))


def test_a_stratum_that_explains_everything_leaves_nothing() -> None:
    """A reader that knows the site alone, where the site goes with the group."""
    judge, _, groups = made(600)
    site = np.where(np.random.default_rng(2).random(600) < 0.8, groups, 0)
    knows_site = log_softmax(2.0 * np.eye(3)[site], axis=1)
    assert judge.readings(knows_site)["macro"].value > 0.75
    assert judge.readings(knows_site, cells=site)["macro"].value == pytest.approx(0.5)


def test_a_difference_on_the_same_patients_knows_that_they_are_the_same() -> None:
    judge, posteriors, _ = made()
    noisier = posteriors + 0.1 * np.random.default_rng(3).normal(size=posteriors.shape)
    a, b = judge.readings(posteriors)["macro"], judge.readings(noisier)["macro"]
    difference = a.minus(b)
    assert difference.value == pytest.approx(a.value - b.value)
    assert difference.standard_error < 0.4 * a.standard_error
    assert a.minus(a).standard_error == 0
    score = difference.score(DIFFERENCE, target="macro")
    assert score.low is not None
    assert score.high is not None
    assert score.low < difference.value < score.high


def test_differences_between_patients_nobody_shares_add_their_variances() -> None:
    judge, posteriors, _ = made()
    half = np.arange(600) < 300
    a, b = judge.readings(posteriors, half)["White"], judge.readings(posteriors, ~half)["White"]
    together = np.hypot(a.standard_error, b.standard_error)
    assert a.minus(b).standard_error == pytest.approx(together, rel=0.01)


def test_what_is_too_small_is_marked_and_a_part_without_a_group_has_no_mean() -> None:
    judge, posteriors, groups = made()
    rows = groups != 0
    by_target = {score.target: score for score in judge.scores(posteriors, rows, attribute="sex", group="F")}
    assert by_target["Asian"].value is None
    assert "too small to score" in str(by_target["Asian"].note)
    assert by_target["White"].value is not None
    assert by_target["macro"].value is None
    assert "not scored for Asian" in str(by_target["macro"].note)
    few = np.arange(600) < 12
    assert all(score.value is None for score in judge.scores(posteriors, few))


def test_perfect_order_has_no_interval_and_no_information_is_exactly_chance() -> None:
    judge, _, groups = made()
    perfect = judge.scores(log_softmax(9.0 * np.eye(3)[groups], axis=1))
    assert all(score.value == 1 and score.low is None and "every pair" in str(score.note) for score in perfect)
    for score in judge.scores(np.zeros((600, 3))):
        assert (score.value, score.low, score.high) == (0.5, 0.5, 0.5)
