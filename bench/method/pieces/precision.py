"""Small differences need float32, whatever the run's precision."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")


def in_float32(function: Callable[Concatenate[Tensor, P], R]) -> Callable[Concatenate[Tensor, P], R]:
    """Compute a function of tensors in float32 under autocast too; its first argument is made float32."""

    @wraps(function)
    def run(first: Tensor, /, *rest: P.args, **named: P.kwargs) -> R:
        with torch.autocast(first.device.type, enabled=False):
            return function(first.float(), *rest, **named)

    return run
