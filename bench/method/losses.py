"""The diagnosis's loss where some targets are unknown."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def bce_elements(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Binary cross-entropy ``(B, T)`` in nats, 0 where the target is unknown, and the mask ``(B, T)`` of known ones."""
    known = ~torch.isnan(targets)
    losses = F.binary_cross_entropy_with_logits(logits.float(), targets.nan_to_num(0.0), reduction="none")
    return losses * known, known


def masked_bce(logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean binary cross-entropy over the known targets, each element weighted by ``weights`` broadcast to (B, T)."""
    losses, known = bce_elements(logits, targets)
    if weights is not None:
        losses = losses * weights
    return losses.sum() / known.sum().clamp(min=1)
