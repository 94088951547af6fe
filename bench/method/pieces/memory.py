"""What is remembered of every training image while training goes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Memory(nn.Module):
    """Numbers a training image, kept in checkpoints and not in the finished network's weights.

    Made in :meth:`Method.build`, sized in ``prepare``, read and written at the positions that ``Batch.index`` gives.
    A batch that does not say which images it holds is not remembered, and reads as what the memory was filled with.
    """

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = value
        self.values = torch.empty(0)

    def prepare(self, *shape: int) -> None:
        """Begin with ``value`` in all places: ``(N, …) float``."""
        self.values = torch.full(shape, self.value)

    @torch.no_grad()
    def write(self, index: Tensor, values: Tensor) -> None:
        """Remember ``values (B, …)`` of the images ``index (B,)``."""
        if len(index):
            self.values[index.cpu()] = values.detach().float().cpu()

    def read(self, index: Tensor, like: Tensor) -> Tensor:
        """What is remembered of the images, in the shape, type and place of ``like (B, …)``."""
        if not len(index):
            return torch.full_like(like, self.value)
        return self.values[index.cpu()].to(like)

    def get_extra_state(self) -> dict[str, Any]:
        """The numbers, for the checkpoint: as no tensor by a name of its own, they are not saved with the weights."""
        return {"values": self.values}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take up what a checkpoint holds."""
        self.values = state["values"].clone()
