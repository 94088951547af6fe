"""What race alone tells is added in training, and the rest is learnt."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.bias_balanced import BiasBalanced

from bench.method import TrainingSet
from tests.methods.samples import batch, make


def biased(n: int = 4000) -> TrainingSet:
    """The first target has 10%, 30%, 60% positives by race; one in ten races unknown."""
    rng = torch.Generator().manual_seed(0)
    groups = torch.randint(0, 3, (n,), generator=rng)
    share = torch.tensor([0.1, 0.3, 0.6])[groups]
    targets = (torch.rand(n, 2, generator=rng) < torch.stack([share, torch.full((n,), 0.5)], dim=1)).float()
    return TrainingSet(targets, torch.where(torch.arange(n) % 10 == 0, -1, groups))


def test_the_shifts_are_log_odds_by_race_and_of_all_for_unknown_race() -> None:
    train, method = biased(), make(BiasBalanced)
    method.prepare(train)
    for row, inside in enumerate([*(train.groups == g for g in range(3)), torch.ones(4000, dtype=torch.bool)]):
        y = train.targets[inside, 0].numpy()
        wanted = np.log(((y == 1).sum() + 0.5) / ((y == 0).sum() + 0.5))
        np.testing.assert_allclose(method.get_buffer("log_odds")[row, 0].item(), wanted, rtol=1e-5)


def test_what_race_tells_of_the_disease_is_not_learnt_from_images_that_show_race_alone() -> None:
    """At logits of 0 the loss has no slope in any direction that tells race: ERM's has."""
    train = biased()
    some = batch(4000)._replace(targets=train.targets, groups=train.groups)
    shades = (train.groups + 1) * 60
    some = some._replace(images=shades.to(torch.uint8)[:, None, None, None].expand(-1, 1, 16, 16))
    known = some.take(train.groups >= 0)
    method = make(BiasBalanced)
    method.prepare(train)
    slopes = []
    for shift in (method.get_buffer("log_odds"), torch.zeros(4, 2)):
        method.register_buffer("log_odds", shift)
        method.head.weight.data.zero_()
        method.head.bias.data.zero_()
        method.zero_grad()
        method.loss(known).backward()
        assert method.head.weight.grad is not None
        slopes.append(method.head.weight.grad[0].norm().item())
    assert slopes[0] < 0.02 * slopes[1]


def test_prediction_adds_nothing() -> None:
    method, some = make(BiasBalanced), batch()
    before = method(some.images)
    method.prepare(biased())
    assert torch.equal(method(some.images), before)
