"""Subsets with as many of every group as of the rarest, fresh ones until the epoch is full."""

from __future__ import annotations

import torch
from bench.builtin.methods.subsampling import Subsampling

from bench.method import TrainingSet
from bench.method.pieces import group_codes
from tests.methods.samples import make


def cohort(targets: int = 1) -> TrainingSet:
    groups = torch.tensor([0] * 30 + [1] * 60 + [2] * 190 + [-1] * 20)
    labels = torch.randint(0, 2, (300, targets), generator=torch.Generator().manual_seed(0)).float()
    return TrainingSet(labels, groups, batch_size=32)


def test_a_subset_has_as_many_of_each_group_as_of_the_rarest_and_nobody_twice() -> None:
    codes = group_codes(cohort(), "race_label")[:, 0]
    sizes = codes[codes >= 0].bincount()
    chosen = make(Subsampling).subset(codes)
    assert codes[chosen].bincount().tolist() == [int(sizes.min())] * 6
    assert len(chosen.unique()) == len(chosen)


def test_an_epoch_has_as_many_images_as_any_other_method_and_they_change() -> None:
    train = cohort()
    torch.manual_seed(0)
    first = make(Subsampling, {"by": "race"}).batches(train)
    assert first is not None
    assert first.shape == (9, 32)
    assert (train.groups[first] >= 0).all()
    # Three subsets of 90 fit, and nearly a fourth: the rarest race comes up whole in each, most of the others too.
    assert first.unique().numel() > 150
    again = make(Subsampling, {"by": "race"}).batches(train)
    assert again is not None
    assert not torch.equal(first, again) or first.unique().numel() > 150


def test_subsets_are_balanced_for_one_target_after_the_other() -> None:
    train = cohort(targets=2)
    train.targets[:, 1] = (torch.arange(300) % 10 == 0).float()
    drawn = make(Subsampling, {"by": "label"}).batches(train)
    assert drawn is not None
    order, labels = drawn.flatten(), train.targets
    half = int(min((labels[:, 0] == 0).sum(), (labels[:, 0] == 1).sum()))
    assert labels[order[: 2 * half], 0].sum() == half
    assert labels[order[2 * half :][:60], 1].sum() == 30 or 2 * half + 60 > len(order)


def test_where_no_group_is_known_every_image_is_visited() -> None:
    assert make(Subsampling).batches(cohort()._replace(groups=torch.full((300,), -1))) is None
