"""What an encoder is shown: images of its own size, channels and normalisation, whatever those of the task are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Whose mean and deviation pixels are normalised by. "auto" is the encoder's own where it states one, ImageNet's where
#: it is given weights of a file, and else that of encoders trained from scratch.
Normalisation = Literal["auto", "imagenet", "half", "scratch"]

#: Mean and deviation, of pixels in [0, 1].
STATISTICS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "half": ((0.5,), (0.5,)),
    "scratch": ((0.5,), (0.25,)),
}


class Pixels(nn.Module):
    """From an image as the task has it to one as the encoder was trained on.

    ``channels``: a grey image becomes three equal channels, of a coloured one the mean is taken where the encoder reads
    grey. ``size``: bilinear with antialiasing, for encoders that take one size only; None: as it is. ``mean`` and
    ``deviation`` of pixels in [0, 1], a channel each, or one for all.
    """

    def __init__(self, channels: int, size: int | None, mean: Sequence[float], deviation: Sequence[float]) -> None:
        super().__init__()
        self.channels, self.size = channels, size
        # Derived from the encoder's name, so that they need not be kept with its weights.
        self.register_buffer("mean", _by_channel(mean, channels), persistent=False)
        self.register_buffer("deviation", _by_channel(deviation, channels), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """``(B, C, H, W)`` of 0 … 255 to ``(B, C', H', W') float``."""
        shown = images.float()
        if shown.shape[1] != self.channels:
            shown = shown.mean(1, keepdim=True).expand(-1, self.channels, -1, -1)
        if self.size is not None and shown.shape[-2:] != (self.size, self.size):
            shown = F.interpolate(shown, (self.size, self.size), mode="bilinear", antialias=True, align_corners=False)
        return (shown / 255 - self.get_buffer("mean")) / self.get_buffer("deviation")


def of(own: dict[str, Any], asked: Normalisation, channels: int, from_file: bool) -> Pixels | None:
    """The pixels of an encoder, or None where they are as those of encoders trained from scratch.

    Args:
        own: what the encoder states: ``channels``, ``size``, ``mean`` and ``deviation``, or ``normalise`` by name.
        asked: whose statistics.
        channels: of the task's images.
        from_file: whether the encoder's weights come from a file.
    """
    wanted = own.get("channels", channels)
    if asked == "auto" and "mean" in own:
        return Pixels(wanted, own.get("size"), own["mean"], own["deviation"])
    name = own.get("normalise", "imagenet" if from_file else "scratch") if asked == "auto" else asked
    if name == "scratch" and wanted == channels and own.get("size") is None:
        return None
    return Pixels(wanted, own.get("size"), *STATISTICS[name])


def _by_channel(values: Sequence[float], channels: int) -> Tensor:
    whole = torch.tensor(list(values), dtype=torch.float32)
    if len(whole) not in (1, channels):
        whole = whole.mean().reshape(1)  # statistics of three colours, of an encoder that reads grey
    return whole.reshape(1, -1, 1, 1)
