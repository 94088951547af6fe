"""A network beside the main one, with an optimiser of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class Auxiliary(nn.Module):
    """A network trained beside the main one, by an optimiser of its own: an adversary, a helper.

    The main optimiser never holds its parameters, so neither can undo the other's step. The optimiser's moments are
    kept in the checkpoint, so an interrupted run goes on as if it had not been; they go on from stage to stage, too.

    Args:
        network: the network.
        lr: its learning rate.
        optimizer: what makes the optimiser of the parameters and ``lr=``: a class of ``torch.optim``, or a function.
    """

    def __init__(
        self, network: nn.Module, lr: float, optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.AdamW
    ) -> None:
        super().__init__()
        self.network = network
        self.lr = lr
        self._make = optimizer
        self._optimizer: torch.optim.Optimizer | None = None
        self._restored: dict[str, Any] | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        """The network's output, in float32 whatever the run's precision."""
        with torch.autocast(inputs.device.type, enabled=False):
            outputs: Tensor = self.network(inputs.float())
        return outputs

    def step(self, loss: Tensor) -> None:
        """One descent of this network's parameters on a loss; no other parameter moves or keeps a gradient of it."""
        parameters = [p for p in self.network.parameters() if p.requires_grad]
        if self._optimizer is None:
            # Made at the first step: only then do the parameters stand on the device they are trained on.
            self._optimizer = self._make(parameters, lr=self.lr)
            if self._restored:
                self._optimizer.load_state_dict(self._restored)
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
        self._optimizer.step()
        self._optimizer.zero_grad()

    def get_extra_state(self) -> dict[str, Any]:
        """The optimiser's state, for the checkpoint."""
        return self._optimizer.state_dict() if self._optimizer is not None else {}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Keep a restored state until the optimiser is made."""
        # A copy: an optimiser's state holds the very tensors that its next step changes.
        self._restored, self._optimizer = copy.deepcopy(state), None
