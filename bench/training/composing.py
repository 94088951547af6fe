"""Which images a method wants in its batches: what its hooks give, checked against what every epoch has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from lightning.pytorch.utilities.seed import isolate_rng
from torch import Tensor

from bench.errors import BenchError
from bench.method import Method, TrainingSet
from bench.training import seeds


def transforms(method: Method) -> tuple[Any, ...]:
    """The augmentations of a stage, one a view."""
    found = method.augment()
    if found is None:
        return ()
    return tuple(found) if isinstance(found, list | tuple) else (found,)


def weights(method: Method, train: TrainingSet) -> Tensor | None:
    """The sampling weights ``(N,)`` of a stage; None where every image is visited once.

    Raises:
        BenchError: where they are of another length, negative, not finite, or all 0.
    """
    found = method.sampler(train)
    if found is None:
        return None
    given = torch.as_tensor(found, dtype=torch.float64)
    where = f"Method {type(method).__name__}: sampler returned"
    if given.shape != (train.size,):
        raise BenchError(f"{where} weights of shape {tuple(given.shape)}; one an image is needed, ({train.size},).")
    if not given.isfinite().all() or (given < 0).any():
        wrong = int((~given.isfinite() | (given < 0)).sum())
        raise BenchError(
            f"{where} weights of which {wrong} are negative or no finite numbers. Where they are one over the size of "
            "a group, a group that has nobody gives one over 0: clamp sizes to 1 or more."
        )
    if given.sum() == 0:
        raise BenchError(f"{where} weights that are all 0: no image could be drawn.")
    return given


def composed(method: Method, train: TrainingSet, seed: int) -> Callable[[int], list[np.ndarray] | None]:
    """What gives the batches of an epoch, by its number, of the stage of this seed; None where none are composed."""

    def of_epoch(epoch: int) -> list[np.ndarray] | None:
        if type(method).batches is Method.batches:
            return None
        with isolate_rng():
            # Of its own: how far ahead batches are asked for moves no number that is drawn in training.
            seeds.seed_generators(seeds.of_batches(seed, epoch))
            found = method.batches(train)
            return None if found is None else _checked(method, [torch.as_tensor(one) for one in found], train)

    return of_epoch


def _checked(method: Method, batches: list[Tensor], train: TrainingSet) -> list[np.ndarray]:
    """The batches as positions.

    Raises:
        BenchError: where there are more or fewer than an epoch has, or one is empty, too large, or names no image.
    """
    where = f"Method {type(method).__name__}: batches returned"
    if len(batches) != train.batches:
        raise BenchError(
            f"{where} {len(batches)} batches; an epoch of every method has {train.batches} (train.batches), so that "
            "all learn in as many steps."
        )
    for number, batch in enumerate(batches):
        if batch.ndim != 1 or batch.dtype not in (torch.int64, torch.int32) or not 1 <= len(batch) <= train.batch_size:
            raise BenchError(
                f"{where} as batch {number} a {batch.dtype} of shape {tuple(batch.shape)}; it must be positions of 1 "
                f"to {train.batch_size} images (train.batch_size)."
            )
        if batch.min() < 0 or batch.max() >= train.size:
            raise BenchError(
                f"{where} in batch {number} positions from {batch.min()} to {batch.max()}; they must lie between 0 and "
                f"{train.size - 1}."
            )
    return [batch.long().numpy() for batch in batches]
