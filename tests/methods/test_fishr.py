"""Variances of per-image gradients of the head, by autograd, image by image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.fishr import Fishr
from torch.nn import functional as F

from bench.method import Batch
from bench.method.pieces import standardised
from tests.methods.samples import batch, make


def variances(method: Fishr, features: torch.Tensor, some: Batch) -> np.ndarray:
    """The variance within each race of the gradient of an image's loss in the head's weights, (3, T (D + 1))."""
    inputs, gradients = standardised(features.detach()), []
    logits = method.classify(features).detach()
    for i in range(len(inputs)):
        weight = torch.zeros(2, 6, requires_grad=True)
        bias = torch.zeros(2, requires_grad=True)
        # The logits are those of the network; a step of the head from there has this gradient.
        moved = logits[i] + weight @ inputs[i] + bias
        known = ~torch.isnan(some.targets[i])
        F.binary_cross_entropy_with_logits(moved[known], some.targets[i][known], reduction="sum").backward()
        assert weight.grad is not None
        assert bias.grad is not None
        gradients.append(torch.cat([weight.grad, bias.grad[:, None]], dim=1).flatten().numpy())
    stacked = np.stack(gradients)
    return np.stack([stacked[some.groups.numpy() == g].var(0, ddof=1) for g in range(3)])


def penalty(v: np.ndarray) -> float:
    return float(((v - v.mean(0)) ** 2).mean())


def test_the_first_batch_gives_the_spread_of_its_variances() -> None:
    method, some = make(Fishr), batch()
    features = method.features(some.images)
    found = method.penalty(features, method.classify(features), some)
    assert found.item() == pytest.approx(penalty(variances(method, features, some)), rel=1e-4)


def test_variances_are_smoothed_over_batches_without_bias_to_0() -> None:
    method, weights, total = make(Fishr, {"decay": 0.9}), 0.0, np.zeros((3, 14))
    for seed in range(3):
        some = batch(seed=seed)
        features = method.features(some.images)
        found = method.penalty(features, method.classify(features), some).item()
        total = 0.9 * total + 0.1 * variances(method, features, some)
        weights = 0.9 * weights + 0.1
        assert found == pytest.approx(penalty(total / weights), rel=1e-4)


def test_the_gradient_is_that_of_the_batch_whatever_the_decay() -> None:
    gradients = []
    for decay in (0.9, 0.99):
        method, some = make(Fishr, {"decay": decay}), batch()
        for _ in range(3):
            method.zero_grad()
            features = method.features(some.images)
            method.penalty(features, method.classify(features), some).backward()
        gradients.append(method.backbone.linear.weight.grad)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-3, atol=1e-4 * gradients[0].abs().max().item())


def test_a_race_that_is_absent_keeps_what_it_had_and_its_state_is_in_the_checkpoint() -> None:
    method, some = make(Fishr), batch()
    method.loss(some)
    before = method.get_buffer("variances").clone()
    method.loss(some._replace(groups=some.groups.clamp(max=1)))
    assert torch.equal(method.get_buffer("variances")[2], before[2])
    assert not torch.equal(method.get_buffer("variances")[0], before[0])
    assert {"variances", "gathered"} <= method.state_dict().keys()
