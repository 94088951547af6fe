"""What a method's own step of the optimiser is made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from torch import Tensor

from bench.method.batch import Batch
from bench.method.checks import checked_loss

if TYPE_CHECKING:
    from bench.method.method import Method


class Closure:
    """Loss and gradients of the batch that is to be learnt from, as often as they are called for.

    Every call costs a forward and a backward pass of the images in it, which are counted.
    """

    def __init__(self, method: Method, batch: Batch) -> None:
        self._method = method
        #: The batch of this step.
        self.batch = batch
        #: How often it was called, and what the first call gave.
        self.calls = 0
        self.loss = math.nan

    def __call__(self, loss: Callable[[Batch], Tensor] | None = None) -> Tensor:
        """The loss, after its gradients have been put in the place of the former ones into ``parameter.grad``.

        Args:
            loss: what is descended on, a function of the batch; None is :meth:`Method.loss`.
        """
        method = self._method
        method.optimizer.zero_grad()
        value = checked_loss(method, (loss or method.loss)(self.batch))
        method.manual_backward(value)
        if self.calls == 0:
            self.loss = value.item()
        self.calls += 1
        return value.detach()
