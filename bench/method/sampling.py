"""Batches that an author composes: so many images of each group in every one."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.errors import BenchError
from bench.method.batch import TrainingSet


def balanced_batches(train: TrainingSet, strata: Tensor) -> Tensor:
    """Batches of an epoch ``(batches, batch_size) long`` that hold every stratum, and each as often as the others.

    Every stratum is gone through in an order of its own, which is drawn anew when it has come to its end; a batch holds
    an image twice only where its stratum has fewer images than its share of the batch. What equal shares leave over of
    a batch goes to the strata in turn. The orders are drawn by torch.

    Args:
        train: the training set.
        strata: a code an image ``(N,) long``: its group, its group and label, …; images of code -1 are left out.

    Raises:
        BenchError: where no image has a code, or a batch has fewer images than there are strata.
    """
    codes = strata[strata >= 0].unique()
    size = min(train.batch_size, train.size)
    if len(codes) == 0:
        raise BenchError("balanced_batches was given no image of any stratum: every code is -1.")
    if size < len(codes):
        raise BenchError(
            f"balanced_batches was given {len(codes)} strata, and a batch has {size} images: it cannot hold one of "
            f"each. It takes trainer.batch_size={len(codes)} or more, or fewer strata."
        )
    # Position j of batch b belongs to the stratum of number (b size + j) mod S: the shares are equal over the epoch.
    owners = torch.arange(train.batches * size).view(train.batches, size) % len(codes)
    batches = torch.empty_like(owners)
    for number, code in enumerate(codes):
        turns = _Turns(torch.nonzero(strata == code).squeeze(1))
        for batch, mine in zip(batches, owners == number, strict=True):
            batch[mine] = turns.next(int(mine.sum()))
    return batches


class _Turns:
    """Gives the members in one random order after the other."""

    def __init__(self, members: Tensor) -> None:
        self.members, self.left = members, members[:0]

    def next(self, count: int) -> Tensor:
        """The next ``count`` of them; none twice where there are so many."""
        taken = self.left[:count]
        self.left = self.left[count:]
        while len(taken) < count:
            order = self.members[torch.randperm(len(self.members))]
            # Those of the old order that were just taken come last in the new one.
            order = order[torch.isin(order, taken).long().argsort(stable=True)]
            lacking = count - len(taken)
            taken, self.left = torch.cat([taken, order[:lacking]]), order[lacking:]
        return taken
