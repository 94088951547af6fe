"""A method of two stages: everything first, then the head alone."""

import numpy as np
import torch
from torch import Tensor

from bench.method import Auxiliary, Batch, Method, TrainingSet, masked_bce, tunable


class RetrainedHead(Method):
    """Trains a network, then a fresh head on its frozen features, with every race drawn as often as the others."""

    uses_race = "train"
    stages = (("features", 0.5), ("head", 0.5))
    source = "Kang et al., ICLR 2020 (arXiv:1910.09217), with races in the place of classes"

    noise: float = tunable(0.1, low=0.0, high=1.0, help="how much the weight of a batch varies")

    def build(self) -> None:
        """A helper with an optimiser of its own, that predicts how large the features are."""
        self.helper = Auxiliary(torch.nn.Linear(self.features_size, 1), 1e-2)

    def begin(self, stage: str, train: TrainingSet) -> None:
        """Before its stage the head is drawn anew, and all else is held."""
        if stage == "head":
            self.backbone.requires_grad_(False).eval()
            self.head.reset_parameters()

    def sampler(self, train: TrainingSet) -> Tensor | None:
        """Every race as often as the others, for the head."""
        if self.stage == "features":
            return None
        return 1.0 / torch.bincount(train.groups + 1)[train.groups + 1]

    def loss(self, batch: Batch) -> Tensor:
        """The diagnosis's, at a weight that NumPy draws."""
        features = self.features(batch.images)
        self.helper.step((self.helper(features.detach()).squeeze(1) - features.detach().norm(dim=1)).square().mean())
        weight = 1.0 + self.noise * np.random.standard_normal()  # noqa: NPY002 - a method may
        return weight * masked_bce(self.classify(features), batch.targets)
