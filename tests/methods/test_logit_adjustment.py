"""Log odds added in training and not at test."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.logit_adjustment import LogitAdjustment
from torch.nn import functional as F

from bench.method import TrainingSet
from tests.methods.samples import batch, make


@pytest.mark.parametrize("tau", [0.5, 1.0])
def test_the_loss_is_that_of_shifted_logits(tau: float) -> None:
    method, some = make(LogitAdjustment, {"tau": tau}), batch()
    method.prepare(TrainingSet(some.targets, some.groups))
    y = some.targets.numpy()
    positive, negative = (y == 1).sum(0) + 0.5, (y == 0).sum(0) + 0.5
    logits = method(some.images) + tau * torch.tensor(np.log(positive / negative)).float()
    known = ~torch.isnan(some.targets)
    torch.testing.assert_close(
        method.loss(some), F.binary_cross_entropy_with_logits(logits[known], some.targets[known])
    )


def test_with_images_that_tell_nothing_the_network_learns_even_odds() -> None:
    """The shift tells how rare a finding is, so the bias has nothing to learn: its slope is 0 at 0."""
    some, method = batch(2000), make(LogitAdjustment)
    some = some._replace(targets=(torch.rand(2000, 2, generator=torch.Generator().manual_seed(1)) < 0.05).float())
    method.prepare(TrainingSet(some.targets, some.groups))
    method.head.weight.data.zero_()
    method.head.bias.data.zero_()
    method.loss(some).backward()
    assert method.head.bias.grad is not None
    assert method.head.bias.grad.abs().max() < 1e-3


def test_nothing_is_added_at_test() -> None:
    method, some = make(LogitAdjustment), batch()
    before = method(some.images)
    method.prepare(TrainingSet(torch.ones_like(some.targets), some.groups))
    assert torch.equal(method(some.images), before)
    assert method.get_buffer("log_odds").isfinite().all()
