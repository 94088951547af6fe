"""Equation 4 of Kim et al., term by term."""

from __future__ import annotations

import torch
from bench.builtin.methods.lnl import Lnl
from torch.nn import functional as F

from bench.method import masked_bce
from tests.methods.samples import batch, make


def test_it_is_the_diagnosis_the_entropy_and_the_reversed_cross_entropy() -> None:
    method, some = make(Lnl, {"strength": 2.0, "reversal": 0.7}), batch()
    method.adversary.step = lambda loss: None  # type: ignore[method-assign]
    features, known = method.features(some.images), some.groups >= 0
    said = method.adversary(features)
    p = said.softmax(1)[known]
    wanted = (
        masked_bce(method.classify(features), some.targets)
        + 2.0 * (p * p.log()).sum(1).mean()
        - 0.7 * F.cross_entropy(said[known], some.groups[known])
    )
    torch.testing.assert_close(method.loss(some), wanted)


def test_sure_answers_leave_a_finite_gradient() -> None:
    """p log p at p = 0: public code takes the log of a softmax that has been rounded to 0."""
    method, some = make(Lnl, {"strength": 1.0}), batch()
    method.adversary.network[-1].bias.data.copy_(torch.tensor([300.0, 0.0, -300.0]))
    method.loss(some).backward()
    assert method.backbone.linear.weight.grad.isfinite().all()
