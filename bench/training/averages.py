"""Averaged weights: put in the place of the trained ones, with the statistics of batch norms that go with them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from lightning.pytorch.utilities.seed import isolate_rng
from torch import Tensor, nn

from bench.errors import BenchError, suggest
from bench.method import Method
from bench.training.batches import CohortImages, InOrder, loader

#: The statistics are estimated on an eighth of the training images, drawn anew every epoch, within these limits.
_SHARE, _LEAST, _MOST = 8, 32, 2048
_BATCH = 128

_Norm = nn.modules.batchnorm._BatchNorm


@contextlib.contextmanager
def in_place(method: Method, train: CohortImages, seed: int) -> Iterator[int | None]:
    """The method with the weights that it wants to be used, and how many images were read for their statistics.

    None where it wants no others than the trained ones (:meth:`Method.averaged`). Afterwards everything is as it was,
    and training goes on from its own weights. ``train`` are training images without augmentation; ``seed`` decides
    which of them are read.

    Raises:
        BenchError: for weights of a name or shape that the method does not have.
    """
    weights = method.averaged()
    if weights is None:
        yield None
        return
    parameters = _checked(method, weights)
    norms = [module for module in method.modules() if isinstance(module, _Norm) and module.track_running_stats]
    before = [tensor.detach().clone() for tensor in (*parameters.values(), *_buffers(norms))]
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(weights[name])
    try:
        yield _estimate(method, norms, train, seed) if norms else 0
    finally:
        with torch.no_grad():
            for tensor, value in zip((*parameters.values(), *_buffers(norms)), before, strict=True):
                tensor.copy_(value)


def _checked(method: Method, weights: Mapping[str, Tensor]) -> dict[str, nn.Parameter]:
    """The parameters of these names."""
    parameters = dict(method.named_parameters())
    for name, weight in weights.items():
        if name not in parameters:
            raise BenchError(
                f"Method {type(method).__name__}: averaged returned a weight {name!r}, and it has none of that name."
                f"{suggest(name, parameters)}"
            )
        if weight.shape != parameters[name].shape:
            raise BenchError(
                f"Method {type(method).__name__}: averaged returned {name!r} in shape {tuple(weight.shape)}; it has "
                f"{tuple(parameters[name].shape)}."
            )
    return {name: parameters[name] for name in weights}


def _buffers(norms: Sequence[nn.Module]) -> list[Tensor]:
    return [buffer for norm in norms for buffer in norm.buffers()]


@torch.no_grad()
def _estimate(method: Method, norms: Sequence[nn.Module], train: CohortImages, seed: int) -> int:
    """Mean and variance of every batch norm over training images: the plain average of those of batches.

    As :func:`torch.optim.swa_utils.update_bn`, with all that is not a batch norm in evaluation mode.
    """
    order = np.random.default_rng(seed).permutation(len(train))[: min(max(len(train) // _SHARE, _LEAST), _MOST)]
    modes = [(module, module.training) for module in method.modules()]
    momenta = [norm.momentum for norm in norms]
    method.eval()
    for norm in norms:
        norm.reset_running_stats()  # type: ignore[operator]
        norm.momentum, norm.training = None, True  # type: ignore[assignment]
    with isolate_rng():
        for batch in loader(train, InOrder(len(order), min(_BATCH, len(order)), order)):
            method.features(batch.images.to(method.device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    for module, training in modes:
        module.training = training
    return len(order)
