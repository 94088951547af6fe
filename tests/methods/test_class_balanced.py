"""Weights by effective numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.class_balanced import ClassBalanced

from bench.method import TrainingSet
from tests.methods.samples import batch, make


def cohort(n: int = 3000) -> TrainingSet:
    rng = torch.Generator().manual_seed(0)
    return TrainingSet((torch.rand(n, 2, generator=rng) < 0.1).float(), torch.randint(-1, 3, (n,), generator=rng))


@pytest.mark.parametrize("volume", [1e2, 1e3, 1e5])
def test_weights_are_cuis_up_to_scale_and_average_1(volume: float) -> None:
    train, method = cohort(), make(ClassBalanced, {"volume": volume})
    method.prepare(train)
    beta = 1 - 1 / volume
    for target in range(2):
        n = np.array([(train.targets[:, target] == label).sum().item() for label in (0, 1)])
        wanted = (1 - beta) / (1 - beta**n)
        wanted = wanted * n.sum() / (wanted * n).sum()
        np.testing.assert_allclose(method.get_buffer("weights")[0, :, target].numpy(), wanted, rtol=1e-5)


def test_between_no_weights_and_inverse_frequency() -> None:
    train = cohort()
    ratios = []
    for volume in (1e2, 1e5):
        method = make(ClassBalanced, {"volume": volume})
        method.prepare(train)
        ratios.append((method.get_buffer("weights")[0, 1, 0] / method.get_buffer("weights")[0, 0, 0]).item())
    n = [(train.targets[:, 0] == label).sum().item() for label in (0, 1)]
    assert ratios == pytest.approx([1.0, n[0] / n[1]], rel=0.1)


def test_by_race_and_label_unknown_race_weighs_1_and_the_known_average_1() -> None:
    train, method = cohort(), make(ClassBalanced, {"by": "race_label"})
    method.prepare(train)
    weights = method.get_buffer("weights")[train.groups, train.targets[:, 0].long(), 0]
    assert (weights[train.groups < 0] == 1).all()
    assert weights[train.groups >= 0].mean().item() == pytest.approx(1.0, abs=1e-4)


def test_a_label_that_nobody_has_weighs_nothing_and_breaks_nothing() -> None:
    some = batch()
    method = make(ClassBalanced)
    method.prepare(TrainingSet(torch.zeros_like(some.targets), some.groups))
    assert method.get_buffer("weights")[:, 1].abs().max() == 0
    assert method.get_buffer("weights")[:, 0].min().item() == pytest.approx(1.0)
    assert method.loss(some).isfinite()
