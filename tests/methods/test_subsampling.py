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
    method = make(Subsampling, {"by": "race"})
    first, again = method.batches(train), method.batches(train)
    assert first is not None
    assert first.shape == (9, 32)
    assert (train.groups[first] >= 0).all()
    # Three subsets of 90 fit, and nearly a fourth: the rarest race comes up whole in each, most of the others too.
    assert first.unique().numel() > 150
    assert again is not None
    assert not torch.equal(first, again)


def test_subsets_are_balanced_for_one_target_after_the_other() -> None:
    train = cohort(targets=2)
    train.targets[:, 0], train.targets[:, 1] = torch.arange(300) % 10 == 0, torch.arange(300) % 5 == 1
    drawn = make(Subsampling, {"by": "label"}).batches(train)
    assert drawn is not None
    labels = train.targets[drawn.flatten()]
    assert labels[:60, 0].sum() == 30
    assert labels[60:180, 1].sum() == 60
    assert labels[180:240, 0].sum() == 30


def test_where_no_group_is_known_every_image_is_visited() -> None:
    assert make(Subsampling).batches(cohort()._replace(groups=torch.full((300,), -1))) is None
