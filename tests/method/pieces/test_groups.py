"""Counts and means of groups against loops over images."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from bench.method import TrainingSet
from bench.method.pieces import group_codes, group_means, label_counts, mean_where, members, strata
from tests.methods.samples import batch


def test_an_image_of_unknown_group_is_in_none() -> None:
    found = members(torch.tensor([2, -1, 0]), 3)
    assert found.tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]


def test_strata_are_all_images_or_those_of_each_label_of_each_target() -> None:
    targets = torch.tensor([[0.0, 1.0], [torch.nan, 0.0]])
    assert strata(targets, conditional=False).tolist() == [[1, 1]]
    assert strata(targets, conditional=True).tolist() == [[1, 0], [0, 1], [0, 0], [1, 0]]


def test_counts_are_those_of_a_loop() -> None:
    some = batch(200)
    found = label_counts(some.targets, some.groups, 3)
    for group in range(3):
        for label in range(2):
            for target in range(2):
                wanted = sum(
                    int(g) == group and float(y) == label
                    for g, y in zip(some.groups, some.targets[:, target], strict=True)
                )
                assert found[group, label, target] == wanted


def test_means_are_those_of_a_loop_and_0_of_nobody() -> None:
    some = batch(50)
    groups, values = some.groups.clamp(max=1), torch.randn(50, 2)
    known = ~torch.isnan(some.targets)
    means, sizes = group_means(values, known, members(groups, 3))
    for group in range(2):
        for target in range(2):
            inside = [values[i, target].item() for i in range(50) if groups[i] == group and known[i, target]]
            assert sizes[group, target] == len(inside)
            assert means[group, target].item() == pytest.approx(np.mean(inside), abs=1e-6)
    assert means[2].tolist() == sizes[2].tolist() == [0, 0]


def test_a_mean_over_nothing_is_0_and_has_no_gradient() -> None:
    values = torch.tensor([1.0, 2.0, 6.0], requires_grad=True)
    assert mean_where(values, torch.tensor([1.0, 0.0, 1.0])).item() == 3.5
    nothing = mean_where(values, torch.zeros(3))
    nothing.backward()
    assert nothing.item() == 0
    assert values.grad is not None
    assert values.grad.tolist() == [0, 0, 0]


def test_codes_tell_races_labels_and_both_apart() -> None:
    train = TrainingSet(torch.tensor([[0.0, 1.0], [math.nan, 1.0], [1.0, 0.0]]), torch.tensor([1, 0, -1]))
    assert group_codes(train, "race").tolist() == [[1], [0], [-1]]
    assert group_codes(train, "label").tolist() == [[0, 1], [-1, 1], [1, 0]]
    assert group_codes(train, "race_label").tolist() == [[2, 3], [-1, 1], [-1, -1]]
