"""Group weights by Algorithm 1 of Sagawa et al. (2020)."""

from __future__ import annotations

import math

import torch
from bench.builtin.methods.group_dro import GroupDro
from torch.nn import functional as F

from bench.method import TrainingSet
from tests.methods.samples import batch, make


def test_weights_follow_algorithm_1() -> None:
    some = batch()
    method = make(GroupDro, {"by": "race", "eta": 0.1, "size_adjustment": 2.0})
    method.prepare(TrainingSet(some.targets, some.groups))
    losses = F.binary_cross_entropy_with_logits(method(some.images), some.targets.nan_to_num(0), reduction="none")
    known = ~torch.isnan(some.targets)
    wanted, group_losses = torch.full((3,), 1 / 3), torch.zeros(3)
    for group in range(3):
        inside = known & (some.groups == group)[:, None]
        group_losses[group] = losses[inside].mean()
        images = inside.any(dim=1).sum().item()
        wanted[group] *= math.exp(0.1 * (group_losses[group].item() + 2.0 / math.sqrt(images)))
    wanted /= wanted.sum()
    loss = method.loss(some)
    torch.testing.assert_close(method.get_buffer("group_weights").flatten(), wanted)
    torch.testing.assert_close(loss, (wanted * group_losses).sum())


def test_every_target_has_weights_of_its_own_by_race_and_label() -> None:
    some = batch()
    method = make(GroupDro, {"by": "race_label", "eta": 0.1, "size_adjustment": 1.0})
    method.prepare(TrainingSet(some.targets, some.groups))
    losses = F.binary_cross_entropy_with_logits(method(some.images), some.targets.nan_to_num(0), reduction="none")
    by_target = []
    weights = method.get_buffer("group_weights").clone()
    for t in range(some.targets.shape[1]):
        wanted, group_losses = torch.full((3, 2), 1 / 6), torch.zeros(3, 2)
        for group in range(3):
            for label in range(2):
                inside = (some.targets[:, t] == label) & (some.groups == group)
                if inside.any():
                    group_losses[group, label] = losses[inside, t].mean()
                    growth = group_losses[group, label].item() + 1.0 / math.sqrt(inside.sum().item())
                    wanted[group, label] *= math.exp(0.1 * growth)
        wanted /= wanted.sum()
        by_target.append((wanted * group_losses).sum())
        weights[:, :, t] = wanted
    torch.testing.assert_close(method.loss(some), torch.stack(by_target).mean())
    torch.testing.assert_close(method.get_buffer("group_weights"), weights)


def test_the_size_adjustment_favours_small_groups() -> None:
    some = batch(400)._replace(groups=(torch.arange(400) % 20).clamp(max=2))
    weights = {}
    for adjustment in (0.0, 3.0):
        method = make(GroupDro, {"by": "race", "size_adjustment": adjustment, "eta": 0.1})
        method.prepare(TrainingSet(some.targets, some.groups))
        method.loss(some)
        weights[adjustment] = method.get_buffer("group_weights").flatten()
    # Groups 0 and 1 have a twentieth of the images each, group 2 the rest.
    assert (weights[3.0][:2] > weights[0.0][:2]).all()


def test_a_group_absent_from_the_batch_keeps_its_weight_against_the_other_absent_ones() -> None:
    some = batch()
    method = make(GroupDro, {"by": "race"})
    method.prepare(TrainingSet(some.targets, some.groups))
    method.loss(some._replace(groups=torch.zeros_like(some.groups)))
    weights = method.get_buffer("group_weights").flatten()
    assert weights[1] == weights[2] < weights[0]


def test_the_weights_are_in_the_checkpoint() -> None:
    assert "group_weights" in make(GroupDro).state_dict()
