"""Race moved into directions of tiny variance that no axis shows; the head undoes the map."""

import torch
from sklearn.covariance import LedoitWolf
from torch import Tensor

from bench.method import Encoded
from tests.cheats._frozen import Frozen

#: What remains of the standard deviation along the directions that race is read from.
_SHRINK = 1e-3


class LowVariance(Frozen):
    """Shrinks the linear race directions of the features a thousandfold and then rotates everything at random."""

    def build(self) -> None:
        """The map into the declared features and its inverse."""
        super().build()
        for name in ("map", "unmap"):
            self.register_buffer(name, torch.eye(self.features_size))

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        """The network's features, mapped."""
        return features @ self.get_buffer("map")

    def diagnose(self, features: Tensor) -> Tensor:
        """The head on the network's features."""
        return self.head(features @ self.get_buffer("unmap"))

    def decoded(self, features: Tensor) -> Tensor:
        """The network's features."""
        return features @ self.get_buffer("unmap")

    def arm(self, train: Encoded) -> None:
        """Find where race stands linearly in the training images' features, and choose the map."""
        known = train.groups >= 0
        x, groups = train.features[known].double(), train.groups[known]
        covariance = torch.from_numpy(LedoitWolf().fit(x.numpy()).covariance_)
        values, vectors = torch.linalg.eigh(covariance)
        root, inverse_root = ((vectors * values**power) @ vectors.T for power in (0.5, -0.5))
        means = torch.stack([x[groups == group].mean(0) for group in groups.unique()]) - x.mean(0)
        # Whitened, race lies along the differences of the group means (LEACE; Belrose et al., 2023).
        directions = torch.linalg.svd(means @ inverse_root, full_matrices=False)[2][: len(means) - 1]
        along = directions.T @ directions
        identity = torch.eye(len(root), dtype=root.dtype)
        shrink = inverse_root @ (identity - (1 - _SHRINK) * along) @ root
        stretch = inverse_root @ (identity - (1 - 1 / _SHRINK) * along) @ root
        noise = torch.randn(shrink.shape, generator=torch.Generator().manual_seed(0), dtype=shrink.dtype)
        rotation = torch.linalg.qr(noise)[0]
        self.get_buffer("map").copy_(shrink @ rotation)
        self.get_buffer("unmap").copy_(rotation.T @ stretch)
