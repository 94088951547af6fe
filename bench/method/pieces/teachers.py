"""A teacher: what a network was when a stage began."""

from __future__ import annotations

import copy

from torch import Tensor, nn


class Teacher(nn.Module):
    """A copy of some modules that no longer learns: without gradients, and in evaluation mode whatever happens.

    It is part of the method like any network, so that its passes are counted and its weights are kept. Made in
    :meth:`Method.build`, it is made again from what was learnt when the stage begins that it teaches in.
    """

    def __init__(self, **modules: nn.Module) -> None:
        super().__init__()
        self.copies = nn.ModuleDict({name: copy.deepcopy(module) for name, module in modules.items()})
        self.requires_grad_(False).eval()

    def __getitem__(self, name: str) -> nn.Module:
        return self.copies[name]

    def train(self, mode: bool = True) -> Teacher:
        """Stay in evaluation mode."""
        super().train(False)
        return self


def pooled_blocks(backbone: nn.Module, blocks: list[nn.Module], images: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Features ``(B, D)`` of normalised images, and the mean over positions ``(B, C)`` of what each block puts out."""
    seen: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        # Maps (B, C, H, W), or tokens (B, tokens, C).
        seen.append(output.flatten(2).mean(2) if output.ndim == 4 else output.mean(1))

    handles = [block.register_forward_hook(keep) for block in blocks]
    try:
        features: Tensor = backbone(images)
    finally:
        for handle in handles:
            handle.remove()
    return features, seen
