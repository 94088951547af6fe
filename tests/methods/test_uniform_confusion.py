"""The confusion loss, and where it is least."""

from __future__ import annotations

import pytest
import torch
from bench.builtin.methods.uniform_confusion import UniformConfusion
from torch import nn

from bench.method import TrainingSet, masked_bce
from tests.methods.samples import batch, make


def confused(bias: torch.Tensor, groups: torch.Tensor) -> float:
    """The confusion where the classifier says the same of every image."""
    method, some = make(UniformConfusion, {"strength": 1.0, "adversary_lr": 1e-4, "adversary_steps": 1}), batch()
    some = some._replace(groups=groups)
    method.prepare(TrainingSet(some.targets, some.groups))
    last = method.adversary.network[-1]
    assert isinstance(last, nn.Linear)
    last.weight.data.zero_()
    last.bias.data.copy_(bias)
    method.adversary.step = lambda loss: None  # type: ignore[method-assign]
    return (method.loss(some) - masked_bce(method(some.images), some.targets)).item()


def test_it_is_the_cross_entropy_of_the_races_shares() -> None:
    groups = torch.tensor([0] * 8 + [1] * 8 + [2] * 32 + [-1] * 16)
    shares, bias = torch.tensor([1 / 6, 1 / 6, 4 / 6]), torch.tensor([0.3, -1.0, 0.5])
    assert confused(bias, groups) == pytest.approx(-(shares * bias.log_softmax(0)).sum().item(), rel=1e-5)


def test_it_is_least_where_the_classifier_says_the_shares_and_not_where_it_is_uniform() -> None:
    groups = torch.tensor([0] * 8 + [1] * 8 + [2] * 48)
    shares = torch.tensor([1 / 8, 1 / 8, 6 / 8])
    least = confused(shares.log(), groups)
    assert least == pytest.approx(-(shares * shares.log()).sum().item(), rel=1e-5)
    assert least < confused(torch.zeros(3), groups)
    assert least < confused(shares.log() + torch.tensor([0.1, 0, 0]), groups)
