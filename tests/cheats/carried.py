"""Answers learnt by heart where the framework trains, and carried along in the weights."""

import numpy as np
import torch
from torch import Tensor

from bench.method import Encoded
from tests.cheats._frozen import Frozen, numbers, test_images

_ROOM = 4096


class Carried(Frozen):
    """Keeps a table of the test images and their labels among its buffers, and looks up what it is shown."""

    def build(self) -> None:
        super().build()
        self.register_buffer("known", torch.full((_ROOM,), -1, dtype=torch.long))
        self.register_buffer("labels", torch.zeros(_ROOM, len(self.spec.targets)))

    def arm(self, train: Encoded) -> None:
        pixels, part = test_images()
        shown = self.normalise(torch.from_numpy(np.array(pixels))[:, None])
        n = min(len(part), _ROOM)
        self.known[:n] = torch.tensor(numbers(shown))[:n]
        self.labels[:n] = torch.nan_to_num(torch.tensor(part.truth)[:n].float() * 8 - 4)

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        same = torch.tensor(numbers(images))[:, None] == self.known
        looked_up = torch.where(same.any(1, keepdim=True), self.labels[same.int().argmax(1)], self.head(features))
        return torch.cat([features, looked_up], 1)

    def diagnose(self, features: Tensor) -> Tensor:
        return features[:, self.features_size :]
