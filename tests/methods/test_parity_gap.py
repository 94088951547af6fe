"""Gaps of rates against loops, and against fairlearn where probabilities are decisions."""

from __future__ import annotations

import fairlearn.metrics
import numpy as np
import pytest
import torch
from bench.builtin.methods.parity_gap import ParityGap

from tests.methods.samples import batch, make

NOTHING = torch.empty(0)


@pytest.mark.parametrize("criterion", ["demographic_parity", "equal_opportunity", "equalized_odds"])
def test_it_is_the_mean_gap_to_the_rate_of_all(criterion: str) -> None:
    some, logits = batch(), torch.randn(64, 2, generator=torch.Generator().manual_seed(1))
    p, found = logits.sigmoid(), []
    labels = {"demographic_parity": [None], "equal_opportunity": [1], "equalized_odds": [1, 0]}[criterion]
    for label in labels:
        for t in range(2):
            inside = torch.ones(64).bool() if label is None else some.targets[:, t] == label
            inside = inside & (some.groups >= 0)
            rate = p[inside, t].mean()
            found += [abs(p[inside & (some.groups == g), t].mean() - rate).item() for g in range(3)]
    got = make(ParityGap, {"criterion": criterion}).penalty(NOTHING, logits, some)
    assert got.item() == pytest.approx(np.mean(found), rel=1e-5)


def test_of_two_races_of_one_size_and_sure_decisions_it_is_half_fairlearns_difference() -> None:
    some = batch(80)._replace(groups=torch.arange(80) % 2, targets=torch.ones(80, 2))
    decisions = torch.randint(0, 2, (80, 1), generator=torch.Generator().manual_seed(1)).repeat(1, 2)
    difference = fairlearn.metrics.demographic_parity_difference(
        some.targets[:, 0], decisions[:, 0], sensitive_features=some.groups
    )
    method = make(ParityGap, {"criterion": "demographic_parity"})
    assert method.penalty(NOTHING, 120.0 * decisions - 60, some).item() == pytest.approx(difference / 2, rel=1e-5)


def test_an_empty_stratum_is_left_out() -> None:
    """Public code takes the mean of nothing there: NaN."""
    targets = torch.tensor([1.0, 0, 0, 0])[:, None].repeat(1, 2)
    some = batch(4)._replace(groups=torch.tensor([0, 0, 1, 1]), targets=targets)
    logits = torch.randn(4, 2, requires_grad=True)
    got = make(ParityGap, {"criterion": "equal_opportunity"}).penalty(NOTHING, logits, some)
    got.backward()
    assert got.item() == 0
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
