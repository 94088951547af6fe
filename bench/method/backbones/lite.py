"""EfficientNet-Lite0: EfficientNet-B0 without squeeze and excitation and with bounded rectifiers, quick on CPUs."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

#: The seven stages of EfficientNet-B0 (Tan & Le, 2019, table 1): expansion, channels, blocks, stride, kernel.
_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
_STEM, _HEAD = 32, 1280


class _Same(nn.Conv2d):
    """A convolution padded so that a stride of s gives ⌈size / s⌉ pixels, as the published weights were trained."""

    def forward(self, x: Tensor) -> Tensor:
        stride, kernel = self.stride[0], self.kernel_size[0]
        down, across = ((-(-side // stride) - 1) * stride + kernel - side for side in x.shape[-2:])
        down, across = max(down, 0), max(across, 0)
        padded = F.pad(x, [across // 2, across - across // 2, down // 2, down - down // 2])
        filtered: Tensor = F.conv2d(padded, self.weight, None, self.stride, 0, 1, self.groups)
        return filtered


class _Inverted(nn.Module):
    """An inverted bottleneck: expand, filter each channel, project; with a shortcut where shapes allow."""

    def __init__(self, inside: int, outside: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        wide = inside * expansion
        self._expand_conv, self._bn0 = None, None
        if expansion != 1:
            self._expand_conv, self._bn0 = _Same(inside, wide, 1, bias=False), _norm(wide)
        self._depthwise_conv = _Same(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv, self._bn2 = _Same(wide, outside, 1, bias=False), _norm(outside)
        self._shortcut = stride == 1 and inside == outside

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x
        if self._expand_conv is not None and self._bn0 is not None:
            y = F.relu6(self._bn0(self._expand_conv(y)))
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self._shortcut else y


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 without its classifier; tensors are named as in the published files of weights."""

    out_features = _HEAD
    own: ClassVar[dict[str, Any]] = {"channels": 3, "normalise": "imagenet"}

    def __init__(self, channels: int) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = _Same(channels, _STEM, 3, 2, bias=False), _norm(_STEM)
        blocks, inside, ends = [], _STEM, []
        for expansion, outside, count, stride, kernel in _STAGES:
            for number in range(count):
                blocks.append(_Inverted(inside, outside, expansion, stride if number == 0 else 1, kernel))
                inside = outside
            ends.append(len(blocks) - 1)
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = _Same(inside, _HEAD, 1, bias=False), _norm(_HEAD)
        # The last at each of the four resolutions below the first.
        self.block_names = tuple(f"_blocks.{ends[stage]}" for stage in (1, 2, 4, 6))

    def forward(self, images: Tensor) -> Tensor:
        """Features ``(B, 1280)``."""
        x = F.relu6(self._bn0(self._conv_stem(images)))
        for block in self._blocks:
            x = block(x)
        return F.relu6(self._bn1(self._conv_head(x))).mean(dim=(2, 3))


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=1e-2)
