"""Gradient reversal by Ganin's equations, and an adversary that learns by itself."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from bench.builtin.methods.adversarial import Adversarial

from tests.methods.samples import batch, make


def test_the_encoder_is_moved_against_the_adversary() -> None:
    """The gradient on the encoder is the diagnosis's minus strength times the adversary's."""
    some, found = batch(), {}
    for strength in (0.5, 2.0):
        method = make(Adversarial, {"strength": strength})
        method.loss(some).backward()
        found[strength] = method.backbone.linear.weight.grad.clone()
    plain = make(Adversarial, {"strength": 1.0})
    features = plain.features(some.images)
    for _ in range(plain.adversary_steps):
        plain.adversary.step(plain._race_loss(features.detach(), some))
    ramp = 2 / (1 + math.exp(-10)) - 1
    (of_race,) = torch.autograd.grad(plain._race_loss(features, some), plain.backbone.linear.weight)
    torch.testing.assert_close(found[2.0] - found[0.5], -1.5 * ramp * of_race, rtol=1e-4, atol=1e-7)


def test_the_adversary_learns_and_its_steps_move_nothing_else() -> None:
    method, some = make(Adversarial), batch(256)
    some = some._replace(
        images=(some.groups.clamp(min=0) * 100).to(torch.uint8)[:, None, None, None].expand(-1, 1, 16, 16)
    )
    before = [p.clone() for p in (*method.backbone.parameters(), *method.head.parameters())]
    features = method.features(some.images).detach()
    first = method._race_loss(features, some).item()
    for _ in range(100):
        method.adversary.step(method._race_loss(features, some))
    assert method._race_loss(features, some).item() < 0.5 * first
    after = [*method.backbone.parameters(), *method.head.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(p.grad is None for p in method.backbone.parameters())


def test_the_main_optimiser_does_not_hold_the_adversary() -> None:
    method = make(Adversarial)
    method._trainer = SimpleNamespace(estimated_stepping_batches=10)  # type: ignore[assignment]
    held = {id(p) for group in method.configure_optimizers()["optimizer"].param_groups for p in group["params"]}
    adversary = {id(p) for p in method.adversary.parameters()}
    assert not held & adversary
    assert held | adversary == {id(p) for p in method.parameters()}


@pytest.mark.parametrize(("progress", "ramp"), [(0.0, 0.0), (0.25, 0.98661), (0.5, 0.99991), (0.9, 0.99991)])
def test_the_strength_rises_by_ganins_schedule(progress: float, ramp: float) -> None:
    method = make(Adversarial, progress=progress)
    assert method._ramp() == pytest.approx(ramp, abs=1e-4)
    assert method.ready() == (progress > 0.5)


def test_conditional_lets_the_adversary_see_the_label() -> None:
    """Race that only the label tells: the conditional adversary reads it without any feature."""
    some = batch(512)
    some = some._replace(groups=some.targets[:, 1].long(), images=torch.zeros_like(some.images))
    losses = {}
    for conditional in (False, True):
        method = make(Adversarial, {"conditional": conditional, "adversary_lr": 1e-2})
        features = method.features(some.images).detach()
        for _ in range(100):
            method.adversary.step(method._race_loss(features, some))
        losses[conditional] = method._race_loss(features, some).item()
    assert losses[True] < 0.1 < 0.6 < losses[False]


def test_its_optimiser_is_part_of_the_checkpoint() -> None:
    """A copy restored halfway takes the same step as the original: the moments came along."""
    one, some = make(Adversarial), batch()
    features = one.features(some.images).detach()
    one.adversary.step(one._race_loss(features, some))
    two = make(Adversarial)
    two.load_state_dict(one.state_dict())
    for method in (one, two):
        method.adversary.step(method._race_loss(features, some))
    pairs = zip(one.adversary.network.parameters(), two.adversary.network.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
