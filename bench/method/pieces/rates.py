"""Rates of a classifier by group, with probabilities for decisions, so that they have a gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from bench.method.pieces.groups import members
from bench.method.pieces.precision import in_float32

#: Numerator and denominator of a rate, elementwise, from probabilities p and labels y (B, T).
RATES: dict[str, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]] = {
    "positive_rate": lambda p, y: (p, torch.ones_like(p)),
    "true_positive_rate": lambda p, y: (p * y, y),
    "false_positive_rate": lambda p, y: (p * (1 - y), 1 - y),
    "precision": lambda p, y: (p * y, p),
    "accuracy": lambda p, y: (p * y + (1 - p) * (1 - y), torch.ones_like(p)),
    "f1": lambda p, y: (2 * p * y, p + y),
}


class Rates(NamedTuple):
    """A rate by group ``(G, T)`` and over all images of known group ``(T)``; 0 where there is none.

    ``sizes (G, T)``: how many images, of the label that the rate is about, each is made of.
    """

    by_group: Tensor
    overall: Tensor
    sizes: Tensor

    @property
    def present(self) -> Tensor:
        """1 where a group has such images, else 0: ``(G, T)``."""
        return (self.sizes > 0).to(self.by_group.dtype)


@in_float32
def rates(logits: Tensor, targets: Tensor, groups: Tensor, count: int, rate: str) -> Rates:
    """One of :data:`RATES` for each of ``count`` groups, over known targets; the rate of positives needs none.

    Linear-fractional in the probabilities (Celis et al., 2019; Buyl et al., 2024): a sum over a sum. ``logits`` and
    ``targets`` are ``(B, T)``, ``groups (B,)``.
    """
    probabilities, member = logits.sigmoid(), members(groups, count)
    known = torch.ones_like(probabilities) if rate == "positive_rate" else (~torch.isnan(targets)).float()
    above, below = RATES[rate](probabilities, targets.nan_to_num(0.0))
    about = {"true_positive_rate": targets == 1, "false_positive_rate": targets == 0}.get(rate, known)
    above, below = member.T @ (above * known), member.T @ (below * known)
    return Rates(_ratio(above, below), _ratio(above.sum(0), below.sum(0)), member.T @ (about * known))


def _ratio(above: Tensor, below: Tensor) -> Tensor:
    return torch.where(below > 0, above, 0.0) / torch.where(below > 0, below, 1.0)
