"""A task, an encoder and batches so small that what a method makes of them can be worked out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import nn

from bench.method import Batch, Method, TaskSpec

SPEC = TaskSpec("cxr", ("effusion", "opacity"), "race", ("Asian", "Black", "White"), 16)

M = TypeVar("M", bound=Method)


class Flat(nn.Module):
    """An encoder whose features are easy to reason about: 16 by 16 pixels through one linear layer."""

    out_features = 6

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(16 * 16, 6)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.linear(images.flatten(1))


def make(cls: type[M], hyperparameters: Mapping[str, object] | None = None, progress: float = 1.0) -> M:
    """The method on :class:`Flat`, always with the same weights, and so far into its training."""
    torch.manual_seed(0)
    # Outside a trainer a method cannot know how far training has come.
    at = type(cls.__name__, (cls,), {"progress": property(lambda self: progress)})
    return at(Flat(), SPEC, hyperparameters)


def batch(n: int = 64, seed: int = 0) -> Batch:
    """Images of noise, one target of one and the race of another unknown."""
    rng = torch.Generator().manual_seed(seed)
    targets = torch.randint(0, 2, (n, 2), generator=rng).float()
    targets[0, 0] = torch.nan
    groups = torch.randint(0, 3, (n,), generator=rng)
    groups[1] = -1
    return Batch(torch.randint(0, 256, (n, 1, 16, 16), generator=rng, dtype=torch.uint8), targets, groups)
