"""The network that reads race from features, and its loss."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


def mlp(inputs: int, outputs: int, width: int, depth: int) -> nn.Sequential:
    """Batch norm, so that directions of small variance are seen too, then ``depth`` linear layers with ReLU between."""
    layers: list[nn.Module] = [nn.BatchNorm1d(inputs, affine=False)]
    for _ in range(depth - 1):
        layers += [nn.Linear(inputs, width), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


def race_loss(logits: Tensor, groups: Tensor) -> Tensor:
    """Mean cross-entropy of ``logits (B, G)`` over the images whose race is known; 0 where none is."""
    losses = F.cross_entropy(logits, groups, ignore_index=-1, reduction="sum")
    return losses / (groups >= 0).sum().clamp(min=1)
