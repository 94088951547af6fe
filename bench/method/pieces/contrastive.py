"""Contrastive losses: who is drawn to whom, and away from whom."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bench.method.pieces.precision import in_float32


class Projection(nn.Module):
    """A two-layer network from features ``(B, D)`` to one embedding of length 1 a target, ``(T, B, size)``."""

    def __init__(self, inputs: int, targets: int, size: int = 64) -> None:
        super().__init__()
        self.shape = (targets, size)
        self.layers = nn.Sequential(nn.Linear(inputs, inputs), nn.ReLU(), nn.Linear(inputs, targets * size))

    def forward(self, features: Tensor) -> Tensor:
        """The embeddings, a target after the other: what is alike for one finding need not be so for another."""
        embeddings = self.layers(features).view(len(features), *self.shape).transpose(0, 1)
        return nn.functional.normalize(embeddings, dim=-1)


@in_float32
def contrastive(
    embeddings: Tensor, positives: Tensor, against: Tensor, temperature: float, weights: Tensor | None = None
) -> Tensor:
    """Mean over anchors i of -Σ_p w_ip (s_ip - log Σ_j exp s_ij), w summing to 1, s the cosines over the temperature.

    The anchors are the images that have both someone to be drawn to and someone to be told from; where there is none
    the loss is 0. An image is never its own positive, nor told from itself.

    Args:
        embeddings: (B, P) of length 1.
        positives: (B, B), how much p counts among those that i is drawn to, 0 for not at all.
        against: (B, B) of 0 and 1: whether j is in the sum of i.
        temperature: of the cosines.
        weights: (B,) of the anchors; None for all alike.
    """
    apart = 1.0 - torch.eye(len(embeddings), device=embeddings.device)
    positives, against = positives * apart, against * apart
    similarities = embeddings @ embeddings.T / temperature
    anchors = (positives.sum(1) > 0) & (against.sum(1) > 0)
    # An anchor that nobody is told from has no logarithm, and no gradient of one.
    among = torch.where(anchors[:, None], against, 1.0)
    others = torch.where(among > 0, similarities, -torch.inf).logsumexp(1, keepdim=True)
    shares = positives / positives.sum(1, keepdim=True).clamp(min=1e-12)
    losses = -(shares * (similarities - others)).sum(1)
    counted = anchors.float() if weights is None else anchors * weights
    total = counted.sum()
    return (losses * counted).sum() / torch.where(total > 0, total, 1.0)
