"""A running average of weights, kept beside them."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WeightAverage(nn.Module):
    """The average of a network's parameters over the steps or epochs at which it is updated.

    It holds copies as buffers, so that it is part of the checkpoint and of no optimiser. Made in
    :meth:`Method.build` of the modules that are to be averaged, updated in ``after_step`` or ``after_epoch``, and
    given back by ``averaged``.

    Args:
        decay: of an exponential average, ``m ← decay m + (1 - decay) w``; None is the plain mean of all updates.
        modules: the modules to average, by their names in the method.
    """

    def __init__(self, decay: float | None = None, **modules: nn.Module) -> None:
        super().__init__()
        self.decay = decay
        self.names = {
            f"{prefix}.{name}": f"{prefix}.{name}".replace(".", "__")
            for prefix, module in modules.items()
            for name, _ in module.named_parameters()
        }
        for prefix, module in modules.items():
            for name, parameter in module.named_parameters():
                self.register_buffer(self.names[f"{prefix}.{name}"], parameter.detach().clone())
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def update(self, method: nn.Module) -> None:
        """Take the present weights of ``method`` into the average; the first replace what it began with."""
        count = self.get_buffer("updates").add_(1)
        share = 1.0 / count.item() if self.decay is None or count.item() == 1 else 1.0 - self.decay
        current = dict(method.named_parameters())
        for name, own in self.names.items():
            self.get_buffer(own).lerp_(current[name].detach(), share)

    def restart(self) -> None:
        """Forget all updates: the next one begins the average anew."""
        self.get_buffer("updates").zero_()

    def weights(self) -> dict[str, Tensor] | None:
        """The averages by the names of the parameters they are of; None before the first update."""
        if self.get_buffer("updates").item() == 0:
            return None
        return {name: self.get_buffer(own) for name, own in self.names.items()}
