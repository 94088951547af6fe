"""Rates by group against loops, and against fairlearn where probabilities are decisions."""

from __future__ import annotations

import fairlearn.metrics
import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, precision_score

from bench.method.pieces import RATES, rates
from tests.methods.samples import batch

METRICS = {
    "positive_rate": fairlearn.metrics.selection_rate,
    "true_positive_rate": fairlearn.metrics.true_positive_rate,
    "false_positive_rate": fairlearn.metrics.false_positive_rate,
    "precision": precision_score,
    "accuracy": accuracy_score,
    "f1": f1_score,
}


@pytest.mark.parametrize("rate", RATES)
def test_of_sure_decisions_they_are_fairlearns(rate: str) -> None:
    some = batch(300)
    targets, groups = some.targets.nan_to_num(0.0), some.groups.clamp(min=0)
    decisions = torch.randint(0, 2, (300, 2), generator=torch.Generator().manual_seed(3)).float()
    found = rates((2 * decisions - 1) * 60, targets, groups, 3, rate)
    for target in range(2):
        y, said = targets[:, target].numpy(), decisions[:, target].numpy()
        frame = fairlearn.metrics.MetricFrame(metrics=METRICS[rate], y_true=y, y_pred=said, sensitive_features=groups)
        np.testing.assert_allclose(found.by_group[:, target].numpy(), frame.by_group.to_numpy(), rtol=1e-5)
        assert found.overall[target].item() == pytest.approx(frame.overall, rel=1e-5)


def test_of_probabilities_they_are_sums_over_sums() -> None:
    some, logits = batch(100), torch.randn(100, 2, generator=torch.Generator().manual_seed(1))
    p = logits.sigmoid()
    found = rates(logits, some.targets, some.groups, 3, "precision")
    for group in range(3):
        inside = [i for i in range(100) if some.groups[i] == group and not torch.isnan(some.targets[i, 0])]
        above, below = sum(p[i, 0] * some.targets[i, 0] for i in inside), sum(p[i, 0] for i in inside)
        assert found.by_group[group, 0].item() == pytest.approx(float(above / below), rel=1e-5)
        assert found.sizes[group, 0] == len(inside)


def test_nobody_has_rate_0_and_is_not_present() -> None:
    logits, targets = torch.randn(6, 1, requires_grad=True), torch.tensor([[1.0], [1], [0], [0], [0], [torch.nan]])
    found = rates(logits, targets, torch.tensor([0, 0, 0, 1, 1, 1]), 3, "true_positive_rate")
    assert found.present.flatten().tolist() == [1, 0, 0]
    assert found.by_group[1:].flatten().tolist() == [0, 0]
    found.by_group.sum().backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_the_rate_of_positives_needs_no_label_and_unknown_race_is_in_no_rate() -> None:
    logits, targets = torch.randn(4, 1), torch.full((4, 1), torch.nan)
    found = rates(logits, targets, torch.tensor([0, 0, 1, -1]), 2, "positive_rate")
    assert found.sizes.flatten().tolist() == [2, 1]
    assert found.overall.item() == pytest.approx(logits[:3].sigmoid().mean().item())
