from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from bench.method import Auxiliary

INPUTS = torch.linspace(-1, 1, 12).view(4, 3)


def make(**how: object) -> Auxiliary:
    torch.manual_seed(0)
    return Auxiliary(nn.Linear(3, 1), 0.1, **how)  # type: ignore[arg-type]


def loss(auxiliary: Auxiliary) -> Tensor:
    return (auxiliary(INPUTS) - 1.0).square().mean()


def momentum(parameters: list[Tensor], lr: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=lr, momentum=0.9)


def test_a_step_is_that_of_the_optimiser_it_is_given() -> None:
    auxiliary, weights = make(optimizer=torch.optim.SGD), make().network.weight.detach().clone()
    (gradient,) = torch.autograd.grad(loss(auxiliary), [auxiliary.network.weight])
    auxiliary.step(loss(auxiliary))
    torch.testing.assert_close(auxiliary.network.weight.detach(), weights - 0.1 * gradient)
    assert auxiliary.network.weight.grad is None


def test_moments_go_with_the_state_whatever_the_optimiser() -> None:
    for how in ({}, {"optimizer": momentum}):
        whole, half = make(**how), make(**how)
        for _ in range(4):
            whole.step(loss(whole))
        for _ in range(2):
            half.step(loss(half))
        resumed = make(**how)
        resumed.load_state_dict(copy.deepcopy(half.state_dict()))
        for _ in range(2):
            resumed.step(loss(resumed))
        assert torch.equal(resumed.network.weight, whole.network.weight)


def test_without_a_choice_it_is_adamw() -> None:
    auxiliary, other = make(), make()
    optimizer = torch.optim.AdamW(other.network.parameters(), lr=0.1)
    for _ in range(3):
        auxiliary.step(loss(auxiliary))
        optimizer.zero_grad()
        loss(other).backward()
        optimizer.step()
    assert torch.equal(auxiliary.network.weight, other.network.weight)
