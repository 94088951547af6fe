from __future__ import annotations

import pytest
import torch

from bench import backbones
from bench.errors import BenchError


@pytest.mark.parametrize("name", sorted(backbones.BACKBONES))
@pytest.mark.parametrize("channels", [1, 3])
def test_every_backbone_gives_the_features_it_names(name: str, channels: int) -> None:
    torch.manual_seed(0)
    net = backbones.build(name, channels, 64).eval()
    with torch.no_grad():
        features = net(torch.rand(2, channels, 64, 64))
    assert features.shape == (2, net.out_features)
    assert torch.isfinite(features).all()


def test_the_same_seed_gives_the_same_weights() -> None:
    nets = []
    for _ in range(2):
        torch.manual_seed(3)
        nets.append(backbones.build("resnet_small", 1, 64))
    assert all(torch.equal(a, b) for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True))


def test_the_small_resnet_is_small() -> None:
    assert 250_000 < sum(p.numel() for p in backbones.build("resnet_small", 1, 64).parameters()) < 350_000


def test_an_unknown_backbone_suggests_the_nearest() -> None:
    with pytest.raises(BenchError, match="mean 'densenet121'"):
        backbones.build("densenet112", 1, 64)


def test_a_size_that_vit_cannot_cut_into_patches() -> None:
    with pytest.raises(BenchError, match="patches of 8 px"):
        backbones.build("vit", 1, 60)
