"""Batches from the image cache: whole slices of the memory map, in an order that depends on seed and epoch alone."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
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

    Args:
        cohort: whose images.
        pixels: the cache, ``(rows, H, W)`` or ``(rows, H, W, C) uint8``.
        hide_targets: withholds the targets, and with them which images of the cohort these are.
        hide_groups: withholds the protected attribute.
        transforms: augmentations, one a view; none leaves the images as they are.
        attributes: names of further attributes that are told.
        twins: the cohort's images of one group after the other, ``(G N, H, W[, C]) uint8``; each is shown in another.
        seed: what augmentation and the choice of twins are drawn from.
    """

    def __init__(
        self,
        cohort: Cohort,
        pixels: np.ndarray,
        *,
        hide_targets: bool = False,
        hide_groups: bool = False,
        transforms: Sequence[Any] = (),
        attributes: Sequence[str] = (),
        twins: np.ndarray | None = None,
        seed: int = 0,
    ) -> None:
        self.pixels, self.rows, self.transforms, self.seed = pixels, cohort.rows, tuple(transforms), seed
        self.targets = torch.tensor(cohort.targets)
        self.groups = torch.tensor(cohort.groups)
        self.index = torch.arange(len(cohort)) if not hide_targets else torch.full((len(cohort),), -1)
        self.attributes = {name: torch.tensor(cohort.attribute(name).codes) for name in attributes}
        self.twins, self.own = twins, cohort.groups if twins is not None else None
        if hide_targets:
            self.targets = torch.full_like(self.targets, torch.nan)
        if hide_groups:
            self.groups = torch.full_like(self.groups, -1)

    def __len__(self) -> int:
        return len(self.rows)

    def __getstate__(self) -> dict[str, Any]:
        # A worker that is not forked gets this pickled, and a memory map would go along as all its pixels. The base of
        # a view is another array: only the whole file can be opened again by its name.
        state = dict(self.__dict__)
        for name in ("pixels", "twins"):
            if isinstance(array := state[name], np.memmap) and isinstance(array.base, mmap.mmap):
                state[name] = array.filename
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        opened = {
            name: np.load(path, mmap_mode="r", allow_pickle=False)
            for name, path in state.items()
            if name in ("pixels", "twins") and isinstance(path, str | os.PathLike)
        }
        self.__dict__ = state | opened

    def __getitem__(self, index: Index) -> Batch:
        epoch, positions = index
        raw = self.pixels[self.rows[positions]]
        where = torch.from_numpy(positions)
        views = [self._augmented(raw, view, epoch, positions) for view in range(len(self.transforms))] or [raw]
        tensors = tuple(_channels_first(view) for view in views)
        return Batch(
            tensors[0],
            self.targets[where],
            self.groups[where],
            self.index[where],
            {name: codes[where] for name, codes in self.attributes.items()},
            self._twins(epoch, positions),
            tensors if len(tensors) > 1 else (),
        )

    def _twins(self, epoch: int, positions: np.ndarray) -> Tensor | None:
        """Each image's patient in another group, augmented with what the image itself is augmented with."""
        if self.twins is None or self.own is None:
            return None
        count, n = len(self.twins) // len(self), len(self)
        groups = [_other(self.own[i], count, seeds.of_twin(self.seed, epoch, int(i))) for i in positions]
        images = self.twins[np.array(groups) * n + positions]
        if self.transforms:
            images = self._augmented(images, 0, epoch, positions)
        return _channels_first(images)

    def _augmented(self, images: np.ndarray, view: int, epoch: int, positions: np.ndarray) -> np.ndarray:
        transform = self.transforms[view]
        with isolate_rng(include_cuda=False):
            return np.stack(
                [
                    self._transformed(image, transform, seeds.of_image(self.seed, epoch, int(i), view))
                    for image, i in zip(images, positions, strict=True)
                ]
            )

    def _transformed(self, image: np.ndarray, transform: Any, seed: int) -> np.ndarray:
        # Seeded for each image, so that neither the number of workers nor an interruption changes what is drawn.
        transform.set_random_seed(seed)
        seeds.seed_on_cpu(seed)  # for a transform of an author's own, which may draw from any of them
        shaped = image if image.ndim == 3 else image[..., None]
        transformed: np.ndarray = transform(image=shaped)["image"]
        return transformed.reshape(image.shape)


def _other(group: int, groups: int, seed: int) -> int:
    """Another group than this one; any where it is unknown."""
    others = [one for one in range(groups) if one != group]
    return others[seed % len(others)]


def _channels_first(images: np.ndarray) -> Tensor:
    if images.ndim == 2:  # vectors
        return torch.from_numpy(images)
    if images.ndim == 3:
        return torch.from_numpy(images).unsqueeze(1)
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


class EpochBatches(Sampler[Index]):
    """Yields ``(epoch, positions)``: every image once an epoch, or as many draws by ``weights`` with replacement.

    The last batch of an epoch is left out when it is not full, so that every step of a training run weighs the same.
    ``composed`` gives an epoch's batches instead, by its number; None where it composes none. Lightning calls
    :meth:`set_epoch`.
    """

    def __init__(
        self,
        n: int,
        batch_size: int,
        seed: int,
        weights: Tensor | None = None,
        composed: Callable[[int], list[np.ndarray] | None] = lambda epoch: None,
    ) -> None:
        self.n, self.batch_size, self.seed, self.epoch = n, min(batch_size, n), seed, 0
        self.probabilities = None if weights is None else (weights.double() / weights.double().sum()).numpy()
        self.composed = composed

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.n // self.batch_size

    def __iter__(self) -> Iterator[Index]:
        batches = self.composed(self.epoch)
        for positions in self._drawn() if batches is None else batches:
            yield self.epoch, positions

    def _drawn(self) -> list[np.ndarray]:
        rng = np.random.default_rng([self.seed, self.epoch])
        if self.probabilities is None:
            order = rng.permutation(self.n)
        else:
            order = rng.choice(self.n, self.n, p=self.probabilities)
        return np.split(order[: len(self) * self.batch_size], len(self))


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
