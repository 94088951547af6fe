"""Encoders by name: a module that maps images (B, C, H, W) to features (B, D) and names D as ``out_features``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from bench.errors import BenchError, suggest


class _Block(nn.Module):
    """Two 3×3 convolutions with a shortcut (He et al., 2016)."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(inside, outside, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
            nn.Conv2d(outside, outside, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outside),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inside != outside:
            self.shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.residual(x) + self.shortcut(x))


class SmallResNet(nn.Module):
    """A strided stem (16 channels) and two strided residual blocks (32, 128); 0.2 M parameters, made for 64 px.

    Few channels where the maps are large, since they cost most there. The last maps have 8 pixels a side; with 4 a
    network trained for findings carries far less race along (docs/decisions/0004-phantom.md).
    """

    out_features = 128
    block_names = ("layers.2", "layers.3", "layers.4")

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 16, 3, 2, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            _Block(16, 32, 2),
            _Block(32, 128, 2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Features ``(B, 128)``."""
        features: Tensor = self.layers(images)
        return features


class _TokenMean(nn.Module):
    """MONAI's ViT without its classifier: the mean of the last layer's tokens."""

    def __init__(self, vit: nn.Module, out_features: int) -> None:
        super().__init__()
        self.vit = vit
        self.out_features = out_features
        self.block_names = tuple(f"vit.blocks.{i}" for i in range(2, 12, 3))

    def forward(self, images: Tensor) -> Tensor:
        tokens: Tensor = self.vit(images)[0]
        return tokens.mean(dim=1)


def _densenet121(channels: int, size: int) -> nn.Module:
    from monai.networks.nets.densenet import DenseNet121

    net = DenseNet121(spatial_dims=2, in_channels=channels, out_channels=1)
    return _without_head(net, net.class_layers, "out", [f"features.denseblock{i}" for i in range(1, 5)])


def _resnet18(channels: int, size: int) -> nn.Module:
    from monai.networks.nets.resnet import resnet18

    net = resnet18(spatial_dims=2, n_input_channels=channels, num_classes=1)
    return _without_head(net, net, "fc", [f"layer{i}" for i in range(1, 5)])


def _resnet50(channels: int, size: int) -> nn.Module:
    from monai.networks.nets.resnet import resnet50

    net = resnet50(spatial_dims=2, n_input_channels=channels, num_classes=1)
    return _without_head(net, net, "fc", [f"layer{i}" for i in range(1, 5)])


def _efficientnet_b0(channels: int, size: int) -> nn.Module:
    from monai.networks.nets.efficientnet import EfficientNetBN

    net = EfficientNetBN("efficientnet-b0", pretrained=False, spatial_dims=2, in_channels=channels, num_classes=1)
    # The last block group at each of the five resolutions.
    return _without_head(net, net, "_fc", [f"_blocks.{i}" for i in (0, 1, 2, 4, 6)])


def _vit(channels: int, size: int) -> nn.Module:
    from monai.networks.nets.vit import ViT

    patch = 8 if size <= 128 else 16
    if size % patch:
        raise BenchError(f"backbone=vit cuts images into patches of {patch} px: task.image_size={size} is no multiple.")
    vit = ViT(channels, size, patch, hidden_size=384, mlp_dim=1536, num_layers=12, num_heads=6, spatial_dims=2)
    return _TokenMean(vit, 384)


def _without_head(net: nn.Module, parent: nn.Module, name: str, block_names: Sequence[str]) -> nn.Module:
    """Replace the final linear layer by the identity, and note how many features it read and what the blocks are."""
    net.out_features = getattr(parent, name).in_features
    net.block_names = tuple(block_names)  # type: ignore[assignment]
    setattr(parent, name, nn.Identity())
    return net


BACKBONES: dict[str, Callable[[int, int], nn.Module]] = {
    "resnet_small": lambda channels, size: SmallResNet(channels),
    "densenet121": _densenet121,
    "resnet18": _resnet18,
    "resnet50": _resnet50,
    "efficientnet-b0": _efficientnet_b0,
    "vit": _vit,
}


def check(name: str) -> str:
    """The name itself.

    Raises:
        BenchError: when there is no such backbone, with the nearest name.
    """
    if name not in BACKBONES:
        raise BenchError(f"There is no backbone {name!r}.{suggest(name, BACKBONES)}")
    return name


def build(name: str, channels: int, size: int) -> nn.Module:
    """A freshly initialised encoder for images of ``channels`` channels and ``size`` px; uses torch's global RNG.

    Raises:
        BenchError: for an unknown name or a size the architecture cannot take.
    """
    return BACKBONES[check(name)](channels, size)


def blocks(backbone: nn.Module) -> list[nn.Module]:
    """The modules whose outputs, (B, C, H, W) or tokens (B, tokens, C), are the encoder's blocks, in order.

    The backbones here name them as ``block_names``; of one that does not, no block is known.
    """
    return [backbone.get_submodule(name) for name in getattr(backbone, "block_names", ())]
