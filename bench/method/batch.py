"""What a method is given: batches of images, and what is known of the training set at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

#: What stands for positions or codes that nobody gave.
_NONE = torch.empty(0, dtype=torch.long)


class Batch(NamedTuple):
    """Some images and what is known of them.

    Args:
        images: ``(B, C, H, W) uint8``, augmented in training.
        targets: ``(B, T) float`` with NaN for unknown; all NaN when predicting.
        groups: ``(B,) long`` codes of the protected attribute, -1 for unknown. All are -1 for a method that declares
            ``uses_race = "never"``, and when predicting unless it declares ``"test"``.
        index: ``(B,) long``, which images of the :class:`TrainingSet` these are; in training only.
        attributes: codes ``(B,) long`` by name, -1 for unknown, of what ``uses_attributes`` declares; in training only.
        twins: ``(B, C, H, W) uint8``, each image's patient in another group of the protected attribute that is drawn
            anew every epoch, augmented as the image is; in training only, of a method that declares ``needs_twins``.
        views: where ``augment`` returns several transforms, what each makes of the images, ``images`` the first.
    """

    images: Tensor
    targets: Tensor
    groups: Tensor
    # Not the tuple's method of that name, which nobody needs of a batch.
    index: Tensor = _NONE  # type: ignore[assignment]
    attributes: Mapping[str, Tensor] = {}
    twins: Tensor | None = None
    views: tuple[Tensor, ...] = ()

    def map(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """The batch with ``change`` made to every tensor that it holds."""
        return Batch(
            change(self.images),
            change(self.targets),
            change(self.groups),
            change(self.index),
            {name: change(codes) for name, codes in self.attributes.items()},
            None if self.twins is None else change(self.twins),
            tuple(change(view) for view in self.views),
        )

    def to(self, device: torch.device | str) -> Batch:
        """The batch on a device."""
        return self.map(lambda tensor: tensor.to(device))

    def take(self, which: Tensor) -> Batch:
        """The images at these positions ``(b,) long``, or where ``which (B,) bool`` is true."""
        return self.map(lambda tensor: tensor[which] if len(tensor) else tensor)


class TrainingSet(NamedTuple):
    """What a method may know of the training images at once.

    Args:
        targets: ``(N, T) float`` with NaN for unknown.
        groups: ``(N,) long`` codes of the protected attribute, -1 for unknown; all -1 for ``uses_race = "never"``.
        patients: ``(N,) long``, a code a patient: 0 … P-1.
        attributes: codes ``(N,) long`` by name, -1 for unknown, of what ``uses_attributes`` declares.
        batch_size: how many images a batch has, so that an epoch has ``N // batch_size`` of them.
    """

    targets: Tensor
    groups: Tensor
    patients: Tensor = _NONE
    attributes: Mapping[str, Tensor] = {}
    batch_size: int = 0

    @property
    def size(self) -> int:
        """How many images there are: N."""
        return len(self.groups)

    @property
    def batches(self) -> int:
        """How many batches an epoch has."""
        return self.size // min(self.batch_size, self.size) if self.batch_size else 0


class Encoded(NamedTuple):
    """What a trained network makes of some images, unaugmented and in evaluation mode, and what is known of them.

    ``features (N, D) float`` and ``logits (N, T) float``, as :meth:`Method.encode` and :meth:`Method.classify` give
    them; ``targets``, ``groups``, ``patients`` and ``attributes`` as in :class:`TrainingSet`.
    """

    features: Tensor
    logits: Tensor
    targets: Tensor
    groups: Tensor
    patients: Tensor = _NONE
    attributes: Mapping[str, Tensor] = {}


#: What :meth:`Method.augment` may return: an albumentations transform, several for as many views, or None.
Augmentation = Any
