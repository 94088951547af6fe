"""Group thresholds against fairlearn and by the rates that come out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.group_thresholds import GroupThresholds, thresholds
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.base import BaseEstimator

from bench.method import Encoded
from tests.methods.samples import make


def held_out(n: int = 3000, seed: int = 0) -> Encoded:
    """Scores that are shifted and spread by race, of two findings."""
    rng = np.random.default_rng(seed)
    groups = rng.choice(3, n, p=[0.2, 0.3, 0.5])
    targets = (rng.random((n, 2)) < 0.35).astype(float)
    logits = (
        1.6 * targets + np.array([-1.0, 0.0, 0.6])[groups, None] + (1 + 0.3 * groups)[:, None] * rng.normal(size=(n, 2))
    )
    logits, targets = torch.tensor(logits).float(), torch.tensor(targets).float()
    targets[:5, 0], groups[5:9] = torch.nan, -1
    return Encoded(logits, logits, targets, torch.tensor(groups))


def rate(some: Encoded, decided: torch.Tensor, group: int, label: float | None) -> float:
    inside = (some.groups == group) & (
        (some.targets[:, 0] == label) if label is not None else ~some.targets[:, 0].isnan()
    )
    return decided[inside].float().mean().item()


@pytest.mark.parametrize(
    ("criterion", "label"), [("equal_opportunity", 1.0), ("predictive_equality", 0.0), ("demographic_parity", None)]
)
def test_one_threshold_gives_all_races_the_same_rate_on_the_held_out(criterion: str, label: float | None) -> None:
    some, method = held_out(), make(GroupThresholds, {"criterion": criterion})
    method.finalize(some, some)
    shifts = method.shifts
    for cut in (method_cut(some, criterion),):
        decided = some.logits[:, 0] - shifts[some.groups, 0] >= cut
        rates = [rate(some, decided, group, label) for group in range(3)]
        assert max(rates) - min(rates) < 0.01
        before = [rate(some, some.logits[:, 0] >= cut, group, label) for group in range(3)]
        assert max(before) - min(before) > 0.2


def method_cut(some: Encoded, criterion: str) -> float:
    """The threshold that is best for all alike."""
    known = (some.groups >= 0) & ~some.targets[:, 0].isnan()
    everyone = torch.zeros(int(known.sum()), dtype=torch.long)
    return thresholds(some.logits[known, 0].double(), some.targets[known, 0], everyone, criterion)[0]


class Scores(BaseEstimator):
    """What is given is the score."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> Scores:
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return np.stack([1 - x[:, 0], x[:, 0]], axis=1)


@pytest.mark.parametrize(
    ("criterion", "constraint", "label"),
    [
        ("equal_opportunity", "true_positive_rate_parity", 1),
        ("predictive_equality", "false_positive_rate_parity", 0),
        ("demographic_parity", "demographic_parity", None),
    ],
)
def test_decisions_are_as_good_as_fairlearns_under_the_same_constraint(
    criterion: str, constraint: str, label: int | None
) -> None:
    """fairlearn draws between two thresholds where that is better; ours are not drawn."""
    some = held_out()
    known = (some.groups >= 0) & ~some.targets[:, 0].isnan()
    scores, labels = some.logits[known, 0].double(), some.targets[known, 0]
    groups = some.groups[known]
    found = thresholds(scores, labels, groups, criterion)
    ours = scores >= torch.tensor([found[int(group)] for group in groups])
    optimizer = ThresholdOptimizer(
        estimator=Scores().fit(np.zeros((2, 1)), np.array([0, 1])),
        constraints=constraint,
        objective="balanced_accuracy_score",
        grid_size=200,
        prefit=True,
        predict_method="predict_proba",
    )
    x, y = scores.sigmoid().numpy()[:, None], labels.numpy().astype(int)
    optimizer.fit(x, y, sensitive_features=groups.numpy())
    theirs = optimizer._pmf_predict(x, sensitive_features=groups.numpy())[:, 1]

    def worth(decided: np.ndarray) -> float:
        return float(decided[y == 1].mean() - decided[y == 0].mean())

    def gap(decided: np.ndarray) -> float:
        among = np.ones(len(y), bool) if label is None else y == label
        rates = [decided[among & (groups.numpy() == group)].mean() for group in range(3)]
        return max(rates) - min(rates)

    assert gap(ours.double().numpy()) < 0.01
    assert abs(worth(ours.double().numpy()) - worth(theirs)) < 0.02


def test_equalized_odds_come_nearer_in_both_rates() -> None:
    some, method = held_out(), make(GroupThresholds, {"criterion": "equalized_odds"})
    cut = method_cut(some, "equalized_odds")
    method.finalize(some, some)
    gaps = []
    for logits in (some.logits[:, 0], some.logits[:, 0] - method.shifts[some.groups, 0]):
        rates = [[rate(some, logits >= cut, group, label) for group in range(3)] for label in (0.0, 1.0)]
        gaps.append(max(max(one) - min(one) for one in rates))
    assert gaps[1] < 0.5 * gaps[0]


def test_unknown_race_and_races_without_both_labels_are_not_shifted() -> None:
    some, method = held_out(), make(GroupThresholds)
    some.targets[some.groups == 1] = 0.0
    method.finalize(some, some)
    assert not method.shifts[1].any()
    assert not method.shifts[3].any()
    assert method.shifts[0].all()


def test_the_network_is_told_race_and_subtracts_its_shift() -> None:
    method = make(GroupThresholds)
    method.shifts.copy_(torch.arange(8.0).view(4, 2))
    features, groups = torch.randn(4, 6), torch.tensor([2, 0, 1, -1])
    method.shifts[3] = 0.0
    expected = method.head(features) - torch.tensor([[4.0, 5.0], [0.0, 1.0], [2.0, 3.0], [0.0, 0.0]])
    torch.testing.assert_close(method.classify(features, groups), expected)
