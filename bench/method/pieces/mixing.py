"""Mixing of images: who is mixed with whom, and the loss of a mixture."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.method.losses import bce_elements


def partners(allowed: Tensor) -> Tensor:
    """For every image one drawn at random from those ``allowed (B, B)`` to it, ``(B,)``; itself where none is."""
    weights = allowed.float()
    alone = weights.sum(1) == 0
    return torch.multinomial(weights + torch.diag(alone.float()), 1).squeeze(1)


def mixed_bce(logits: Tensor, targets: Tensor, partner: Tensor, share: Tensor) -> Tensor:
    """Cross-entropy of mixtures, λ ℓ(l, y) + (1 - λ) ℓ(l, y'), each over its known targets.

    ``logits`` and ``targets`` are ``(B, T)``; ``share (B,)`` is λ, what a mixture holds of the image itself.
    """
    total, weight = logits.sum() * 0.0, torch.zeros((), device=logits.device)
    for labels, part in ((targets, share), (targets[partner], 1 - share)):
        losses, known = bce_elements(logits, labels)
        total = total + (losses * part[:, None]).sum()
        weight = weight + (known * part[:, None]).sum()
    return total / torch.where(weight > 0, weight, 1.0)
