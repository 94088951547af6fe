"""Balanced errors, by Zhao's definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.cfair import Cfair
from torch.nn import functional as F

from bench.method import Batch, TrainingSet
from tests.methods.samples import batch, make


def biased() -> Batch:
    """Race goes with the label, and both are unequal."""
    some, rng = batch(300), torch.Generator().manual_seed(1)
    groups = torch.where(torch.rand(300, generator=rng) < 0.7, 2, torch.randint(0, 2, (300,), generator=rng))
    rare = torch.rand(300, 2, generator=rng) < 0.1 + 0.2 * groups[:, None]
    return some._replace(targets=rare.float(), groups=groups)


def prepared(some: Batch) -> Cfair:
    method = make(Cfair)
    method.prepare(TrainingSet(some.targets, some.groups))
    return method


def test_races_weigh_alike_within_each_label_so_that_the_error_is_balanced() -> None:
    """1 / P(a | y): each race has the same share of each label's weight. The authors' code has 1 / P(y | a)."""
    some = biased()
    weights = prepared(some).get_buffer("race_weights")
    for t in range(2):
        for label in (0, 1):
            inside = some.targets[:, t] == label
            of_each = weights[some.groups[inside], label, t]
            shares = torch.zeros(3).index_add_(0, some.groups[inside], of_each)
            torch.testing.assert_close(shares / shares.sum(), torch.full((3,), 1 / 3))
            assert of_each.mean().item() == pytest.approx(1.0, rel=1e-5)


def test_the_adversaries_loss_is_the_mean_of_balanced_cross_entropies() -> None:
    some = biased()
    method = prepared(some)
    features = method.features(some.images).detach()
    said = method.adversary(features)
    total = 0.0
    for t in range(2):
        for label in (0, 1):
            inside = some.targets[:, t] == label
            losses = F.cross_entropy(said[inside, 2 * label + t], some.groups[inside], reduction="none")
            balanced = np.mean([losses[some.groups[inside] == g].mean().item() for g in range(3)])
            total += inside.sum().item() * balanced
    assert method.race_error(features, some).item() == pytest.approx(total / 600, rel=1e-4)


def test_the_diagnosis_is_balanced_too() -> None:
    some = biased()
    method = prepared(some)
    losses = F.binary_cross_entropy_with_logits(method(some.images), some.targets, reduction="none")
    wanted = np.mean([losses[some.targets[:, t] == y, t].mean().item() for t in (0, 1) for y in (0, 1)])
    method.strength = 0.0
    assert method.loss(some).item() == pytest.approx(wanted, rel=1e-4)


def test_a_label_that_nobody_has_breaks_nothing() -> None:
    some = biased()._replace(targets=torch.zeros(300, 2))
    assert prepared(some).loss(some).isfinite()
    assert prepared(some).loss(biased()).isfinite()
