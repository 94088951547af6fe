"""The focal loss by its formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.erm import Erm
from bench.builtin.methods.focal import Focal

from tests.methods.samples import batch, make


@pytest.mark.parametrize("gamma", [0.5, 1.0, 5.0])
def test_it_is_lins_formula_over_known_targets(gamma: float) -> None:
    method, some = make(Focal, {"gamma": gamma}), batch()
    p = 1 / (1 + np.exp(-method(some.images).detach().numpy().astype(float)))
    y = some.targets.numpy()
    true = np.where(y == 1, p, 1 - p)[~np.isnan(y)]
    assert method.loss(some).item() == pytest.approx(np.mean(-((1 - true) ** gamma) * np.log(true)), rel=1e-5)


def test_images_that_are_told_well_weigh_less_than_in_erm() -> None:
    some = batch()
    focal, erm = make(Focal, {"gamma": 2.0}), make(Erm)
    for method in (focal, erm):
        method.head.weight.data.zero_()
        method.head.bias.data.fill_(3.0)  # told well where the label is 1, badly where it is 0
    ratios = []
    for label in (0, 1):
        alike = some._replace(targets=torch.full_like(some.targets, label))
        ratios.append((focal.loss(alike) / erm.loss(alike)).item())
    p = 1 / (1 + np.exp(-3.0))
    assert ratios == pytest.approx([p**2, (1 - p) ** 2], rel=1e-4)


def test_images_that_are_told_perfectly_leave_a_finite_gradient() -> None:
    method, some = make(Focal, {"gamma": 0.5}), batch()
    method.head.weight.data.zero_()
    method.head.bias.data.fill_(200.0)
    method.loss(some._replace(targets=torch.ones_like(some.targets))).backward()
    assert method.head.bias.grad is not None
    assert method.head.bias.grad.isfinite().all()
