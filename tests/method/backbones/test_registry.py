from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from bench.errors import BenchError
from bench.method import backbones


@pytest.mark.parametrize("name", sorted(backbones.BACKBONES))
@pytest.mark.parametrize("channels", [1, 3])
def test_every_backbone_gives_the_features_it_names(name: str, channels: int) -> None:
    torch.manual_seed(0)
    net = backbones.build(name, channels, 64).eval()
    with torch.no_grad():
        images = torch.rand(2, channels, 64, 64)
        features = net(net.pixels(images * 255) if hasattr(net, "pixels") else images)
    assert features.shape == (2, net.out_features)
    assert torch.isfinite(features).all()


def test_the_same_seed_gives_the_same_weights() -> None:
    nets = []
    for _ in range(2):
        torch.manual_seed(3)
        nets.append(backbones.build("resnet_small", 1, 64))
    assert all(torch.equal(a, b) for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True))


def test_the_small_resnet_is_small() -> None:
    assert 150_000 < sum(p.numel() for p in backbones.build("resnet_small", 1, 64).parameters()) < 350_000


def test_an_unknown_backbone_suggests_the_nearest() -> None:
    with pytest.raises(BenchError, match="mean 'densenet121'"):
        backbones.build("densnet121", 1, 64)


def test_a_size_that_vit_cannot_cut_into_patches() -> None:
    with pytest.raises(BenchError, match="patches of 8 px"):
        backbones.build("vit", 1, 60)


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("resnet_small", [16, 32, 128]),
        ("densenet121", [256, 512, 1024, 1024]),
        ("resnet18", [64, 128, 256, 512]),
        ("resnet50", [256, 512, 1024, 2048]),
        ("efficientnet-b0", [16, 24, 40, 112, 320]),
        ("efficientnet-lite0", [24, 40, 112, 320]),
        ("vit", [384] * 4),
    ],
)
def test_the_stages_of_every_backbone_are_known(name: str, channels: list[int]) -> None:
    # Of a copy, too, they are its own modules.
    net = copy.deepcopy(backbones.build(name, 1, 32)).eval()
    seen: list[torch.Tensor] = []
    for module in backbones.blocks(net):
        module.register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.no_grad():
        images = torch.rand(2, 1, 32, 32)
        net(net.pixels(images) if hasattr(net, "pixels") else images)
    assert [output.shape[2 if output.ndim == 3 else 1] for output in seen] == channels
    sizes = [output.shape[-1] for output in seen if output.ndim == 4]
    assert sizes == sorted(sizes, reverse=True)


def test_of_a_foreign_backbone_no_stage_is_known() -> None:
    assert backbones.blocks(nn.Sequential(nn.Flatten(), nn.Linear(4, 2))) == []
