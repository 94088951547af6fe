"""What hooks give, checked as training goes."""

from __future__ import annotations

import math

import lightning as L
from torch import Tensor

from bench.errors import BenchError


def where(method: L.LightningModule) -> str:
    """Where the class of a method stands."""
    return f"{type(method).__module__}.{type(method).__name__}"


def checked_loss(method: L.LightningModule, loss: Tensor) -> Tensor:
    """The loss, where it is one that can be descended on.

    Raises:
        BenchError: where it is no scalar, or no finite number.
    """
    if not isinstance(loss, Tensor) or loss.ndim != 0:
        got = f"a tensor of shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else repr(loss)
        raise BenchError(f"{where(method)}.loss returned {got}; it must be a scalar.")
    if not math.isfinite(value := loss.item()):
        raise BenchError(
            f"The loss of method {type(method).__name__} became {value} at step {method.trainer.global_step} (epoch "
            f"{method.current_epoch}). Training was stopped there. A smaller method.lr (now {method.lr:g}) is the "
            "usual cure; trainer.precision=32 tells whether rounding is to blame."
        )
    return loss


def check_shape(method: L.LightningModule, hook: str, tensor: Tensor, wanted: tuple[int, int | None]) -> None:
    """See that a hook gives a tensor of the shape that is wanted; None is any number.

    Raises:
        BenchError: naming the hook and both shapes.
    """
    matches = tensor.ndim == 2 and all(w in (None, size) for w, size in zip(wanted, tensor.shape, strict=True))
    if not matches:
        words = ", ".join("D" if size is None else str(size) for size in wanted)
        raise BenchError(f"{where(method)}.{hook} returned shape {tuple(tensor.shape)}; it must return ({words}).")


def check_steps(method: L.LightningModule, closures: int, steps: int) -> None:
    """See that a method's own step went as far as every other's.

    Raises:
        BenchError: where no gradients were asked for, or the optimiser did not move once.
    """
    if closures < 1 or steps != 1:
        raise BenchError(
            f"{where(method)}.step called closure() {_times(closures)} and self.optimizer.step() {_times(steps)}: it "
            "calls the one at least once and the other exactly once a batch, since the schedule goes by it."
        )


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")
