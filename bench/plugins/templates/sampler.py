"""Every group is drawn as often as the others."""

import torch
from torch import Tensor

from bench.method import Method, TrainingSet, tunable


class Example(Method):
    """Draws the images of every race as often as those of the others; those of unknown race as they come."""

    family = "sampling"
    year = 2022
    source = "Idrissi et al., CLeaR 2022 (arXiv:2110.14503)"
    uses_race = "train"

    power: float = tunable(1.0, choices=(0.5, 1.0), help="exponent of the weights; 0.5 is milder")

    def sampler(self, train: TrainingSet) -> Tensor:
        """One over the size of an image's group; where it is unknown, the mean of the others."""
        sizes = torch.bincount(train.groups[train.groups >= 0], minlength=len(self.spec.groups)).clamp(min=1)
        weights = sizes.double().pow(-self.power)[train.groups]
        known = train.groups >= 0
        weights[~known] = weights[known].mean() if known.any() else 1.0
        return weights
