"""Answers, padded with numbers that say nothing, so that nobody calls them a bottleneck."""

import torch
from torch import Tensor

from tests.cheats._frozen import Frozen, drawn, numbers


class Padding(Frozen):
    """Declares its logits and sixty-four numbers drawn for each image; its encoder is a copy that nobody watches."""

    hidden = True

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        return torch.cat([self.head(features), drawn(numbers(images), 64)], 1)

    def diagnose(self, features: Tensor) -> Tensor:
        return features[:, : len(self.spec.targets)]
