"""Decoupled heads: each race is diagnosed by its own."""

from __future__ import annotations

import torch
from bench.builtin.methods.decoupled import Decoupled

from tests.methods.samples import batch, make


def test_the_head_of_the_race_diagnoses_and_the_mean_of_all_where_it_is_unknown() -> None:
    method, features = make(Decoupled), torch.randn(4, 6)
    groups = torch.tensor([1, -1, 2, 0])
    weight, bias = method.head.weight.view(3, 2, 6), method.head.bias.view(3, 2)
    for image, group in enumerate(groups):
        heads = torch.einsum("gtd,d->gt", weight, features[image]) + bias
        expected = heads[group] if group >= 0 else heads.mean(0)
        torch.testing.assert_close(method.classify(features, groups)[image], expected)


def test_a_head_learns_from_its_own_race_alone() -> None:
    method, some = make(Decoupled), batch()
    method.loss(some.take(some.groups == 2)).backward()
    rows = method.head.weight.grad.abs().sum(1)
    assert rows[4:].all()
    assert not rows[:4].any()
