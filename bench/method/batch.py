"""What a method is given: batches of images, and the training set's labels at once."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    """Some images and what is known of them.

    ``images (B, C, H, W) uint8``; ``targets (B, T) float`` with NaN for unknown; ``groups (B,) long`` codes of the
    protected attribute, -1 for unknown. Groups are all -1 for a method that declares ``uses_race = "never"``, and
    when predicting unless it declares ``"test"``; targets are all NaN when predicting.
    """

    images: Tensor
    targets: Tensor
    groups: Tensor


class TrainingSet(NamedTuple):
    """What a method may know of the training images at once: ``targets (N, T) float``, ``groups (N,) long``."""

    targets: Tensor
    groups: Tensor


class Encoded(NamedTuple):
    """What a trained network makes of some images, unaugmented and in evaluation mode, and what is known of them.

    ``features (N, D) float`` and ``logits (N, T) float``, as :meth:`Method.encode` and :meth:`Method.classify` give
    them; ``targets (N, T) float`` and ``groups (N,) long`` as in :class:`TrainingSet`.
    """

    features: Tensor
    logits: Tensor
    targets: Tensor
    groups: Tensor
