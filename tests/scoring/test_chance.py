"""What gaps between groups read by chance."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import equalized_odds_difference
from sklearn.metrics import roc_auc_score

from bench.records import Scores
from bench.scoring import chance, fairness
from bench.scoring.catalogue import GAPS
from bench.scoring.evaluation import Evaluation, evaluate
from bench.statistics.bootstrap import PatientBootstrap
from bench.task import Attribute

NAMES = ("effusion", "no_finding")
GROUPS = ("Asian", "Black", "White")


def evaluation(seed: int, n: int = 360, unfair: float = 0.0, small: int = 0) -> Evaluation:
    """Two images a patient; ``unfair`` is what a network adds for one group, ``small`` the patients of a small one."""
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(n // 2), 2)
    codes = rng.integers(0, 3, n // 2)
    if small:
        codes[:] = rng.integers(0, 2, n // 2)
        codes[:small] = 2
    codes = codes[patients]
    targets = (rng.random((n, 2)) < 0.4).astype(float)
    targets[rng.random((n, 2)) < 0.05] = np.nan
    logits = np.nan_to_num(targets) + rng.standard_normal((n, 2)) + unfair * (codes[:, None] == 1)
    attribute = Attribute("race", GROUPS, codes)
    p = 1 / (1 + np.exp(-logits))
    return evaluate(targets, p, np.array([0.6, 0.6]), NAMES, [attribute], PatientBootstrap(patients, 10))


def nulls(found: Evaluation, seed: int = 0) -> Scores:
    return Scores(chance.scores(found, found.tables[1], "no_finding", seed), "race")


def test_it_is_what_gaps_are_with_groups_permuted_over_patients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chance, "PERMUTATIONS", 12)
    found = evaluation(0)
    table, patients = found.tables[1], found.bootstrap.patients
    codes = chance._permuted(patients, table.codes, 0)[patients]
    aurocs, odds = [], []
    for own in codes.T:
        assert np.bincount(own).tolist() == np.bincount(table.codes).tolist()
        by_group, of_target = [], []
        for t in range(2):
            known = found.known(t)
            truth, p = found.targets[known, t], found.probabilities[known, t]
            group = own[known]
            by_group.append([roc_auc_score(truth[group == g], p[group == g]) for g in range(3)])
            of_target.append(equalized_odds_difference(truth, p >= 0.6, sensitive_features=group))
        aurocs.append([*np.ptp(by_group, axis=1), np.ptp(np.mean(by_group, axis=0))])
        odds.append([*of_target, np.mean(of_target)])
    read = nulls(found)
    for key, draws in (("auroc_gap_null", aurocs), ("equalized_odds_difference_null", odds)):
        for target, values in zip((*NAMES, "macro"), np.transpose(draws), strict=True):
            score = read.one(key, target=target, attribute="race", reference="permuted")
            assert score is not None
            assert score.value == pytest.approx(values.mean())
            limits = np.quantile(values, [0.05, 0.95], method="weibull")
            assert [score.low, score.high] == pytest.approx(limits)


def test_every_gap_has_one_of_the_same_targets() -> None:
    found = evaluation(1)
    gaps = [score for score in fairness.scores(found, "no_finding") if score.metric in {gap.key for gap in GAPS}]
    read = nulls(found)
    for gap in gaps:
        score = read.one(f"{gap.metric}_null", target=gap.target, attribute="race", reference="permuted")
        assert score is not None, gap.label
        assert (score.n, score.patients) == (gap.n, gap.patients)
        assert score.value is not None
    assert len(gaps) == len(read.rows)


def test_a_gap_that_is_there_lies_above_its_95th_percentile_and_moves_no_null() -> None:
    fair, unfair = evaluation(2), evaluation(2, unfair=2.0)
    gaps = {
        name: Scores(fairness.scores(found), "race").value(
            "equalized_odds_difference", target="macro", attribute="race"
        )
        for name, found in (("fair", fair), ("unfair", unfair))
    }
    of = {"target": "macro", "attribute": "race", "reference": "permuted"}
    high = {
        name: nulls(found).one("equalized_odds_difference_null", **of)
        for name, found in (("fair", fair), ("unfair", unfair))
    }
    assert gaps["unfair"] > (high["unfair"].high or 1.0)
    assert gaps["fair"] < (high["fair"].high or 0.0)


def test_a_group_too_small_to_score_is_left_out_and_two_are_needed() -> None:
    found = evaluation(3, small=8)
    read = nulls(found)
    of = {"target": "macro", "attribute": "race", "reference": "permuted"}
    with_two = read.one("auroc_gap_null", **of)
    assert with_two is not None
    assert with_two.value is not None
    alone = evaluation(4, small=8)
    table = alone.tables[1]
    table.values[:, :, 0] = np.nan
    refused = Scores(chance.scores(alone, table), "race").one("auroc_gap_null", **of)
    assert refused is not None
    assert (refused.value, refused.note) == (None, "fewer than two groups can be scored")
