"""Sharpness-aware steps, against steps taken by hand."""

from __future__ import annotations

import copy

import pytest
import torch
from bench.builtin.methods.sam import Sam
from torch import nn

from bench.method import Batch, masked_bce
from bench.method.backbones.small import SmallResNet
from tests.methods.samples import SPEC, batch


class Given:
    """What a step is given: gradients of the loss at the present weights, as often as they are asked for."""

    def __init__(self, method: Sam, some: Batch) -> None:
        self.method, self.batch, self.calls = method, some, 0

    def __call__(self) -> torch.Tensor:
        self.calls += 1
        self.method.zero_grad()
        loss = self.method.loss(self.batch)
        loss.backward()
        return loss.detach()


def network(rho: float, monkeypatch: pytest.MonkeyPatch) -> Sam:
    torch.manual_seed(0)
    method = Sam(SmallResNet(1), SPEC, {"rho": rho})
    optimizer = torch.optim.SGD(method.parameters(), lr=0.1)
    monkeypatch.setattr(Sam, "optimizer", property(lambda self: optimizer))
    return method


def test_a_step_goes_by_the_gradient_uphill_from_where_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    method, some = network(0.05, monkeypatch), batch(16)
    other = copy.deepcopy(method)
    start = [p.detach().clone() for p in other.parameters()]

    def gradients() -> list[torch.Tensor]:
        return list(torch.autograd.grad(masked_bce(other(some.images), some.targets), list(other.parameters())))

    first = gradients()
    length = torch.sqrt(sum(g.square().sum() for g in first))
    with torch.no_grad():
        for parameter, gradient in zip(other.parameters(), first, strict=True):
            parameter.add_(0.05 * gradient / length)
    uphill = gradients()
    given = Given(method, some)
    method.step(given)
    assert given.calls == 2
    for parameter, before, gradient in zip(method.parameters(), start, uphill, strict=True):
        torch.testing.assert_close(parameter.detach(), before - 0.1 * gradient, atol=1e-6, rtol=1e-4)


def test_running_statistics_are_those_of_the_first_pass_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    method, some = network(0.1, monkeypatch), batch(16)
    once = copy.deepcopy(method)
    once(some.images)
    method.step(Given(method, some))
    for mine, theirs in zip(method.modules(), once.modules(), strict=True):
        if isinstance(mine, nn.BatchNorm2d):
            torch.testing.assert_close(mine.running_mean, theirs.running_mean)
            torch.testing.assert_close(mine.running_var, theirs.running_var)
            assert mine.momentum == 0.1


def test_where_there_is_no_gradient_it_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    method, some = network(0.05, monkeypatch), batch(16)
    nothing = some._replace(targets=torch.full_like(some.targets, torch.nan))
    before = [p.detach().clone() for p in method.parameters()]
    method.step(Given(method, nothing))
    assert all(torch.equal(p, old) for p, old in zip(method.parameters(), before, strict=True))
