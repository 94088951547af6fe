"""A network that reads race is trained against."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.method import Auxiliary, Batch, Method, masked_bce, tunable


class Example(Method):
    """A race classifier reads the features, and the encoder is trained to make its loss large."""

    family = "adversary"
    year = 2018
    source = "Zhang et al., AIES 2018 (arXiv:1801.07593)"
    deviations = "The adversary reads features in the place of outputs; its gradient is not projected."
    uses_race = "train"

    strength: float = tunable(0.1, low=0.01, high=10.0, log=True, help="weight of the adversary's loss")
    adversary_lr: float = tunable(3e-3, low=1e-4, high=1e-2, log=True, help="learning rate of the adversary")

    def build(self) -> None:
        """The adversary, with an optimiser of its own."""
        layers = nn.Sequential(nn.Linear(self.features_size, 64), nn.ReLU(), nn.Linear(64, len(self.spec.groups)))
        self.adversary = Auxiliary(layers, self.adversary_lr, torch.optim.AdamW)

    def loss(self, batch: Batch) -> Tensor:
        """A step of the adversary; then the diagnosis's loss less the adversary's."""
        features = self.features(batch.images)
        self.adversary.step(self.race_loss(features.detach(), batch.groups))
        return masked_bce(self.classify(features), batch.targets) - self.strength * self.race_loss(
            features, batch.groups
        )

    def race_loss(self, features: Tensor, groups: Tensor) -> Tensor:
        """Mean cross-entropy of the adversary over images whose race is known; 0 where none is."""
        losses = F.cross_entropy(self.adversary(features), groups, ignore_index=-1, reduction="sum")
        return losses / (groups >= 0).sum().clamp(min=1)
