"""The network that reads race, and its loss."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from bench.method.pieces import mlp, race_loss


def test_an_mlp_has_as_many_linear_layers_as_it_is_deep() -> None:
    network = mlp(6, 3, width=5, depth=3)
    assert [tuple(layer.weight.shape) for layer in network if isinstance(layer, nn.Linear)] == [(5, 6), (5, 5), (3, 5)]


def test_it_sees_small_features_as_well_as_large_ones() -> None:
    network, points = mlp(6, 3, width=5, depth=2), torch.randn(50, 6)
    torch.testing.assert_close(network(points), network(points * 0.1), atol=1e-2, rtol=1e-2)


def test_the_loss_is_over_known_races_and_0_without_any() -> None:
    logits, groups = torch.randn(4, 3), torch.tensor([2, -1, 0, -1])
    torch.testing.assert_close(race_loss(logits, groups), F.cross_entropy(logits[[0, 2]], groups[[0, 2]]))
    assert race_loss(logits, torch.full((4,), -1)).item() == 0
