"""The norm fairret by its formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.fairret import Fairret

from bench.method.pieces import RATES, rates
from tests.methods.samples import batch, make

NOTHING = torch.empty(0)


@pytest.mark.parametrize("rate", RATES)
def test_it_is_the_sum_over_races_of_how_far_each_is_from_the_overall_rate_in_shares_of_it(rate: str) -> None:
    some, logits = batch(), torch.randn(64, 2, generator=torch.Generator().manual_seed(1))
    found = rates(logits, some.targets, some.groups, 3, rate)
    by_group, overall = found.by_group.numpy(), found.overall.numpy()
    wanted = np.abs(by_group / overall - 1).sum(0).mean()
    assert make(Fairret, {"rate": rate}).penalty(NOTHING, logits, some).item() == pytest.approx(wanted, rel=1e-5)


def test_a_rare_finding_counts_as_much_as_a_frequent_one() -> None:
    """Rates a hundred times lower in both races violate parity as much."""
    some = batch(64)._replace(groups=torch.arange(64) % 2, targets=torch.ones(64, 2))
    p = torch.where(some.groups == 0, 0.2, 0.4)[:, None]
    logits = torch.logit(torch.cat([p, p / 100], dim=1))
    method = make(Fairret)
    each = [method.penalty(NOTHING, logits[:, [t, t]], some).item() for t in (0, 1)]
    assert each == pytest.approx([2 / 3, 2 / 3], rel=1e-4)


def test_where_nobody_has_the_finding_nothing_is_penalised() -> None:
    some, logits = batch(), torch.randn(64, 2, requires_grad=True)
    got = make(Fairret).penalty(NOTHING, logits, some._replace(targets=torch.zeros_like(some.targets)))
    got.backward()
    assert got.item() == 0
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
