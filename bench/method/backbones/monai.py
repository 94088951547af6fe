"""MONAI's architectures as encoders: without their classifier."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from bench.errors import BenchError


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


def densenet121(channels: int, size: int) -> nn.Module:
    """DenseNet-121 (Huang et al., 2017)."""
    from monai.networks.nets.densenet import DenseNet121

    net = DenseNet121(spatial_dims=2, in_channels=channels, out_channels=1)
    return _without_head(net, net.class_layers, "out", [f"features.denseblock{i}" for i in range(1, 5)])


def resnet18(channels: int, size: int) -> nn.Module:
    """ResNet-18 (He et al., 2016), whose stem has a stride of 1 as MONAI's: for ImageNet's weights take timm's."""
    from monai.networks.nets import resnet

    net = resnet.resnet18(spatial_dims=2, n_input_channels=channels, num_classes=1)
    return _without_head(net, net, "fc", [f"layer{i}" for i in range(1, 5)])


def resnet50(channels: int, size: int) -> nn.Module:
    """ResNet-50, likewise."""
    from monai.networks.nets import resnet

    net = resnet.resnet50(spatial_dims=2, n_input_channels=channels, num_classes=1)
    return _without_head(net, net, "fc", [f"layer{i}" for i in range(1, 5)])


def efficientnet_b0(channels: int, size: int) -> nn.Module:
    """EfficientNet-B0 (Tan & Le, 2019)."""
    from monai.networks.nets.efficientnet import EfficientNetBN

    net = EfficientNetBN("efficientnet-b0", pretrained=False, spatial_dims=2, in_channels=channels, num_classes=1)
    # The last block group at each of the five resolutions.
    return _without_head(net, net, "_fc", [f"_blocks.{i}" for i in (0, 1, 2, 4, 6)])


def vit(channels: int, size: int) -> nn.Module:
    """A vision transformer (Dosovitskiy et al., 2021) of 12 layers, patches of 8 px or, above 128 px, of 16."""
    from monai.networks.nets.vit import ViT

    patch = 8 if size <= 128 else 16
    if size % patch:
        raise BenchError(f"backbone=vit cuts images into patches of {patch} px: task.image_size={size} is no multiple.")
    net = ViT(channels, size, patch, hidden_size=384, mlp_dim=1536, num_layers=12, num_heads=6, spatial_dims=2)
    return _TokenMean(net, 384)


def _without_head(net: nn.Module, parent: nn.Module, name: str, block_names: Sequence[str]) -> nn.Module:
    """Replace the final linear layer by the identity, and note how many features it read and what the blocks are."""
    net.out_features = getattr(parent, name).in_features
    net.block_names = tuple(block_names)  # type: ignore[assignment]
    setattr(parent, name, nn.Identity())
    return net
