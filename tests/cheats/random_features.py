"""Features drowned in fresh noise whenever the network is read."""

import torch
from torch import Tensor

from bench.method import Method, tunable


class RandomFeatures(Method):
    """Adds noise of the features' own size in evaluation mode; the head reads the clean features, or the noisy ones."""

    reads: str = tunable("clean", choices=("clean", "noisy"), help="what the head reads")

    def encode(self, images: Tensor) -> Tensor:
        """The backbone's features; plus noise of each image's root mean square where the network is read out."""
        self._clean = self.backbone(images)
        if self.training:
            return self._clean
        size = self._clean.square().mean(1, keepdim=True).sqrt()
        return self._clean + size * torch.randn_like(self._clean)

    def classify(self, features: Tensor) -> Tensor:
        """The head on one or the other."""
        return self.head(self._clean if self.reads == "clean" else features)
