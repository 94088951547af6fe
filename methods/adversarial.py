"""Adversarial removal of race from the features, by gradient reversal."""

import math
from typing import Any

import torch
from torch import Tensor

from bench.method import Auxiliary, Batch, Method, masked_bce, tunable
from bench.method.pieces import mlp, race_loss


class _Reverse(torch.autograd.Function):
    """The identity whose gradient is multiplied by ``-strength`` (Ganin et al., 2016, eq. 14)."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return features.view_as(features)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * gradients[0], None


class Adversarial(Method):
    """A race classifier reads the features; the encoder is trained to make it fail (Ganin et al., 2016).

    The adversary has its own optimiser and takes several steps for each of the encoder's. Conditional on the label it
    sees the diagnosis too, and so leaves in the features the race that the disease itself tells (Li et al., 2018).
    """

    uses_race = "train"
    family = "adversary"
    year = 2016
    source = "Ganin et al., JMLR 2016 (arXiv:1505.07818); conditional: Li et al., ECCV 2018"
    deviations = (
        "The adversary has an optimiser of its own and takes several steps for each of the encoder's; the strength "
        "rises over a share of the epochs, after which epochs may be chosen."
    )

    # At 1 the adversary's loss outweighs the diagnosis's (they are of one size) and the encoder gives up both.
    strength: float = tunable(0.1, low=0.01, high=100.0, log=True, help="weight of the reversed gradient")
    warmup: float = tunable(0.5, low=0.1, high=1.0, help="share of training over which the strength rises")
    adversary_lr: float = tunable(3e-3, low=1e-4, high=1e-2, log=True, help="the adversary's learning rate (AdamW)")
    adversary_steps: int = tunable(3, low=1, high=8, log=True, help="adversary steps for each encoder step")
    adversary_width: int = tunable(256, low=128, high=1024, log=True, help="hidden units a layer")
    adversary_depth: int = tunable(2, low=2, high=5, help="linear layers")
    conditional: bool = tunable(False, help="let the adversary see the label")

    def build(self) -> None:
        """The adversary: batch norm, so that it sees directions of small variance too, then an MLP."""
        inputs = self.features_size + (2 * len(self.spec.targets) if self.conditional else 0)
        network = mlp(inputs, len(self.spec.groups), self.adversary_width, self.adversary_depth)
        self.adversary = Auxiliary(network, self.adversary_lr)

    def loss(self, batch: Batch) -> Tensor:
        """Diagnosis loss, plus the adversary's loss through the gradient reversal."""
        features = self.features(batch.images)
        for _ in range(self.adversary_steps):
            self.adversary.step(self._race_loss(features.detach(), batch))
        reversed_features = _Reverse.apply(features, self.strength * self._ramp())
        return masked_bce(self.classify(features), batch.targets) + self._race_loss(reversed_features, batch)

    def _race_loss(self, features: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy of the adversary over images whose race is known."""
        if self.conditional:
            known = ~torch.isnan(batch.targets)
            features = torch.cat([features, batch.targets.nan_to_num(0.0), known.float()], dim=1)
        return race_loss(self.adversary(features), batch.groups)

    def _ramp(self) -> float:
        """Ganin's schedule 2 / (1 + exp(-10 p)) - 1, p the share of the warm-up that is over."""
        return 2.0 / (1.0 + math.exp(-10.0 * min(1.0, self.progress / self.warmup))) - 1.0

    def ready(self) -> bool:
        """Not before the warm-up is over: earlier epochs are ERM by another name."""
        return self.progress > self.warmup
