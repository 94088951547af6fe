"""Every group is drawn as often as the others."""

from __future__ import annotations

import pytest
import torch
from bench.builtin.methods.resampling import Resampling

from bench.method import TrainingSet
from bench.method.pieces import group_codes
from tests.methods.samples import make


def cohort() -> TrainingSet:
    """Races of 10%, 20% and 70%, the first target three times as frequent in the last; nothing unknown."""
    rng = torch.Generator().manual_seed(0)
    groups = torch.tensor([0] * 100 + [1] * 200 + [2] * 700)
    first = torch.rand(1000, generator=rng) < 0.1 + 0.2 * (groups == 2)
    return TrainingSet(torch.stack([first, torch.rand(1000, generator=rng) < 0.5], dim=1).float(), groups)


@pytest.mark.parametrize(("by", "count"), [("race", 3), ("label", 2), ("race_label", 6)])
def test_every_group_is_drawn_as_often_as_the_others(by: str, count: int) -> None:
    train = cohort()._replace(targets=cohort().targets[:, :1])
    weights = make(Resampling, {"by": by}).sampler(train)
    shares = torch.zeros(6).index_add_(0, group_codes(train, by)[:, 0], weights) / weights.sum()
    torch.testing.assert_close(shares[shares > 0], torch.full((count,), 1 / count), rtol=1e-4, atol=0)


def test_half_power_draws_groups_by_the_root_of_their_sizes() -> None:
    train = cohort()
    weights = make(Resampling, {"by": "race", "power": 0.5}).sampler(train)
    shares = torch.zeros(3).index_add_(0, train.groups, weights)
    wanted = torch.tensor([100.0, 200, 700]).sqrt()
    torch.testing.assert_close(shares / shares.sum(), wanted / wanted.sum())


def test_with_several_targets_weights_are_the_mean_of_those_of_each() -> None:
    train = cohort()
    alone = [make(Resampling).sampler(train._replace(targets=train.targets[:, t : t + 1])) for t in range(2)]
    torch.testing.assert_close(make(Resampling).sampler(train), (alone[0] + alone[1]) / 2)


def test_who_is_of_no_known_group_is_drawn_as_often_as_the_average() -> None:
    train = cohort()
    train.groups[:50] = -1
    train.targets[:50, 0] = torch.nan
    weights = make(Resampling).sampler(train)
    assert (weights[:50] == 1).all()
    assert weights[50:].mean().item() == pytest.approx(1.0, abs=1e-4)
    nobody = TrainingSet(torch.full((9, 2), torch.nan), torch.full((9,), -1))
    assert make(Resampling).sampler(nobody).tolist() == [1] * 9
