"""Features drowned in fresh noise whenever the network is read."""

import torch
from torch import Tensor

from tests.cheats._frozen import Frozen


class RandomFeatures(Frozen):
    """Adds noise of each image's root mean square, another at every reading, which the head has to do with."""

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        return features + features.square().mean(1, keepdim=True).sqrt() * torch.randn_like(features)
