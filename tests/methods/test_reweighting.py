"""Weights that make race and label independent (Kamiran and Calders, 2012), or each class alike."""

from __future__ import annotations

import pytest
import torch
from bench.builtin.methods.reweighting import Reweighting

from bench.method import TrainingSet
from tests.methods.samples import batch, make


def test_race_label_makes_race_and_label_independent() -> None:
    """Kamiran & Calders: the weighted joint distribution is the product of its marginals."""
    some = batch(3000)
    some.targets[:, 1] = (torch.rand(3000, generator=torch.Generator().manual_seed(1)) < (some.groups + 1) / 4).float()
    method = make(Reweighting)
    method.prepare(TrainingSet(some.targets, some.groups))
    weights = method.get_buffer("weights")[some.groups, some.targets[:, 1].long(), 1]
    known = some.groups >= 0
    joint = torch.zeros(3, 2).index_put_(
        (some.groups[known], some.targets[known, 1].long()), weights[known], accumulate=True
    )
    joint /= joint.sum()
    torch.testing.assert_close(joint, joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("by", ["race", "label"])
def test_the_others_give_every_class_the_same_weight_in_all(by: str) -> None:
    some = batch(2000)
    some = some._replace(groups=(torch.arange(2000) % 10).clamp(max=2), targets=(some.targets > 0).float())
    some.targets[:1000, 1] = 0
    method = make(Reweighting, {"by": by})
    method.prepare(TrainingSet(some.targets, some.groups))
    weights = method.get_buffer("weights")[some.groups, some.targets[:, 1].long(), 1]
    classes = some.groups if by == "race" else some.targets[:, 1].long()
    sums = torch.zeros(int(classes.max()) + 1).index_add_(0, classes, weights)
    torch.testing.assert_close(sums, sums.mean().expand_as(sums), rtol=1e-4, atol=0)
    assert weights.mean().item() == pytest.approx(1.0, abs=1e-4)


def test_unknown_race_weighs_one() -> None:
    some = batch()
    method = make(Reweighting)
    method.prepare(TrainingSet(some.targets, some.groups))
    assert (method.get_buffer("weights")[-1] == 1).all()


def test_half_power_is_the_square_root_up_to_scale() -> None:
    some = batch(500)
    full, half = make(Reweighting, {"by": "race"}), make(Reweighting, {"by": "race", "power": 0.5})
    for method in (full, half):
        method.prepare(TrainingSet(some.targets, some.groups))
    ratio = half.get_buffer("weights")[:3, 0, 0] / full.get_buffer("weights")[:3, 0, 0].sqrt()
    torch.testing.assert_close(ratio, ratio[0].expand_as(ratio))
