"""Teachers stay what they were, and blocks are read while images pass."""

from __future__ import annotations

import torch
from torch import nn

from bench.method.backbones import blocks
from bench.method.backbones.small import SmallResNet
from bench.method.pieces.teachers import Teacher, pooled_blocks


def test_a_teacher_is_a_copy_that_does_not_learn_and_stays_in_evaluation_mode() -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    method = nn.ModuleDict({"network": network, "teacher": Teacher(backbone=network)})
    method.train()
    teacher = method["teacher"]["backbone"]
    assert network.training
    assert not any(module.training for module in teacher.modules())
    assert not any(parameter.requires_grad for parameter in teacher.parameters())
    with torch.no_grad():
        network[0].weight.add_(1.0)
    assert not torch.equal(teacher[0].weight, network[0].weight)
    assert any(name.startswith("teacher.") for name in method.state_dict())


def test_blocks_are_the_means_over_positions_of_what_they_put_out() -> None:
    torch.manual_seed(0)
    network = SmallResNet(1).eval()
    images = torch.randn(2, 1, 32, 32)
    features, seen = pooled_blocks(network, blocks(network), images)
    torch.testing.assert_close(features, network(images))
    maps = network.layers[:4](images)
    torch.testing.assert_close(seen[1], maps.mean((2, 3)))
    assert [part.shape[1] for part in seen] == [16, 32, 128]
    # No hook is left behind.
    assert not any(module._forward_hooks for module in network.modules())


def test_tokens_are_averaged_too() -> None:
    class Tokens(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.flatten(2).transpose(1, 2)

    block, images = Tokens(), torch.randn(2, 3, 4, 4)
    _, seen = pooled_blocks(nn.Sequential(block, nn.Flatten()), [block], images)
    torch.testing.assert_close(seen[0], images.mean((2, 3)))
