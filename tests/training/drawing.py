"""A method of two stages that draws from every global generator, wherever a method may."""

import random

import albumentations as A
import numpy as np
import torch
from torch import Tensor

from bench.method import Batch, Encoded, Method, TrainingSet, masked_bce


def drawn() -> float:
    """A number that hangs on torch, NumPy and ``random``."""
    return torch.randn(()).item() + np.random.standard_normal() + random.gauss(0, 1)  # noqa: NPY002


def noisy(image: np.ndarray, **_: object) -> np.ndarray:
    """An author's own augmentation, which draws from the global generators."""
    return np.clip(image + 5 * drawn(), 0, 255).astype(np.uint8)


class Drawing(Method):
    """Plain training with noise on everything."""

    uses_held_out = True
    stages = (("first", 0.5), ("second", 0.5))
    source = "none: a method for tests"

    def build(self) -> None:
        """What was drawn when the training set was seen."""
        self.register_buffer("prepared", torch.zeros(()))
        self.register_buffer("finished", torch.zeros(2))

    def prepare(self, train: TrainingSet) -> None:
        """A number of its own."""
        self.get_buffer("prepared").fill_(drawn())

    def begin(self, stage: str, train: TrainingSet) -> None:
        """A head that is moved."""
        with torch.no_grad():
            self.head.bias.add_(0.1 * drawn())

    def augment(self) -> A.Compose:
        """Grey levels that are moved."""
        return A.Compose([A.Lambda(image=noisy)])

    def loss(self, batch: Batch) -> Tensor:
        """The diagnosis's, at a weight that is drawn, from features that are dropped at random."""
        features = torch.nn.functional.dropout(self.features(batch.images), 0.1)
        return (1.0 + 0.1 * drawn()) * masked_bce(self.classify(features), batch.targets)

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """A number of its own, and what the held out images are."""
        assert held_out is not None
        self.get_buffer("finished").copy_(torch.tensor([drawn(), held_out.features.mean().item()]))
