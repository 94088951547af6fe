"""Race is taken out of the trained features."""

import torch
from torch import Tensor

from bench.method import Encoded, Method


class Example(Method):
    """Projects features so that all races have the same mean, which leaves no linear probe of two of them anything."""

    family = "erasure"
    year = 2022
    source = "Haghighatkhah et al., EMNLP 2022 (arXiv:2212.04273): mean projection"
    deviations = "More than two groups: all differences of their means are projected out at once."
    uses_race = "train"

    def build(self) -> None:
        """The projection, at first the identity, and the point it leaves where it is."""
        self.register_buffer("projection", torch.eye(self.features_size))
        self.register_buffer("centre", torch.zeros(self.features_size))

    def encode(self, images: Tensor) -> Tensor:
        """The encoder's features, projected."""
        centre = self.get_buffer("centre")
        return (super().encode(images) - centre) @ self.get_buffer("projection") + centre

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Find the directions between the groups' means on training images."""
        groups = train.groups[train.groups >= 0].unique()
        if len(groups) < 2:
            return
        means = torch.stack([train.features[train.groups == group].mean(0) for group in groups]).double()
        _, sizes, directions = torch.linalg.svd(means[1:] - means[0], full_matrices=False)
        directions = directions[sizes > 1e-9 * sizes.max()]
        projection = torch.eye(self.features_size, dtype=torch.float64) - directions.T @ directions
        self.get_buffer("projection").copy_(projection)
        self.get_buffer("centre").copy_(means.mean(0))
