"""Batches from the image cache: whole slices of the memory map, in an order that depends on seed and epoch alone."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from lightning.pytorch.utilities.seed import isolate_rng
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from bench.method import Batch
from bench.task import Cohort
from bench.training import seeds

#: The epoch, and the positions in the cohort of the images of one batch.
Index = tuple[int, np.ndarray]


class CohortImages(Dataset[Batch]):
    """Images and labels of a cohort; indexed by ``(epoch, positions)``, a whole batch at once.

    ``pixels`` is the cache, ``(rows, H, W)`` or ``(rows, H, W, C) uint8``. ``hide`` withholds targets, ``hide_groups``
    the protected attribute.
    """

    def __init__(
        self,
        cohort: Cohort,
        pixels: np.ndarray,
        *,
        hide_targets: bool = False,
        hide_groups: bool = False,
        transform: Any = None,
        seed: int = 0,
    ) -> None:
        self.pixels, self.rows, self.transform, self.seed = pixels, cohort.rows, transform, seed
        self.targets = torch.tensor(cohort.targets)
        self.groups = torch.tensor(cohort.groups)
        if hide_targets:
            self.targets = torch.full_like(self.targets, torch.nan)
        if hide_groups:
            self.groups = torch.full_like(self.groups, -1)

    def __len__(self) -> int:
        return len(self.rows)

    def __getstate__(self) -> dict[str, Any]:
        # A worker that is not forked gets this pickled, and a memory map would go along as all its pixels. The base of
        # a view is another array: only the whole file can be opened again by its name.
        if isinstance(self.pixels, np.memmap) and isinstance(self.pixels.base, mmap.mmap):
            return self.__dict__ | {"pixels": self.pixels.filename}
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = state
        if isinstance(self.pixels, str | os.PathLike):
            self.pixels = np.load(self.pixels, mmap_mode="r", allow_pickle=False)

    def __getitem__(self, index: Index) -> Batch:
        epoch, positions = index
        images = self.pixels[self.rows[positions]]
        if self.transform is not None:
            with isolate_rng(include_cuda=False):
                images = np.stack([self._transformed(x, epoch, i) for x, i in zip(images, positions, strict=True)])
        where = torch.from_numpy(positions)
        return Batch(_channels_first(images), self.targets[where], self.groups[where])

    def _transformed(self, image: np.ndarray, epoch: int, position: int) -> np.ndarray:
        # Seeded for each image, so that neither the number of workers nor an interruption changes what is drawn.
        seed = seeds.of_image(self.seed, epoch, position)
        self.transform.set_random_seed(seed)
        seeds.seed_on_cpu(seed)  # for a transform of an author's own, which may draw from any of them
        shaped = image if image.ndim == 3 else image[..., None]
        transformed: np.ndarray = self.transform(image=shaped)["image"]
        return transformed.reshape(image.shape)


def _channels_first(images: np.ndarray) -> Tensor:
    if images.ndim == 3:
        return torch.from_numpy(images).unsqueeze(1)
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


class EpochBatches(Sampler[Index]):
    """Yields ``(epoch, positions)``: every image once an epoch, or as many draws by ``weights`` with replacement.

    The last batch of an epoch is left out when it is not full, so that every step of a training run weighs the same.
    Lightning calls :meth:`set_epoch`.
    """

    def __init__(self, n: int, batch_size: int, seed: int, weights: Tensor | None = None) -> None:
        self.n, self.batch_size, self.seed, self.epoch = n, min(batch_size, n), seed, 0
        self.probabilities = None if weights is None else (weights.double() / weights.double().sum()).numpy()

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.n // self.batch_size

    def __iter__(self) -> Iterator[Index]:
        rng = np.random.default_rng([self.seed, self.epoch])
        if self.probabilities is None:
            order = rng.permutation(self.n)
        else:
            order = rng.choice(self.n, self.n, p=self.probabilities)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            yield self.epoch, order[start : start + self.batch_size]


class InOrder(Sampler[Index]):
    """Yields ``(0, positions)`` of every image once: in the cohort's order, or in the given ``order (n,)``."""

    def __init__(self, n: int, batch_size: int, order: np.ndarray | None = None) -> None:
        self.n, self.batch_size = n, batch_size
        self.order = np.arange(n) if order is None else order

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __iter__(self) -> Iterator[Index]:
        for start in range(0, self.n, self.batch_size):
            yield 0, self.order[start : start + self.batch_size]


def loader(images: CohortImages, batches: Sampler[Index], workers: int = 0) -> DataLoader[Batch]:
    """A DataLoader whose items are whole batches: collation by slicing instead of image by image."""
    return DataLoader(
        images,
        sampler=batches,
        batch_size=None,
        # Of its own: else every new pass takes a number from the stream that a method draws from, and a resumed epoch,
        # whose pass begins before that stream is seeded, would draw others than one that was not interrupted.
        generator=torch.Generator().manual_seed(0),
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )
