"""Groups are to have the same mean score."""

import torch
from torch import Tensor

from bench.method import Batch, Method, masked_bce, tunable


class Example(Method):
    """Penalises the variance of the mean score of groups, target by target."""

    family = "penalty"
    year = 2010
    source = "Calders & Verwer, Data Mining and Knowledge Discovery 2010 (the score that bears their names)"
    deviations = "More than two groups: the variance of their means in the place of the difference."
    uses_race = "train"

    strength: float = tunable(1.0, low=0.01, high=100.0, log=True, help="weight of the penalty")

    def loss(self, batch: Batch) -> Tensor:
        """The diagnosis's loss and the penalty."""
        logits = self(batch.images)
        return masked_bce(logits, batch.targets) + self.strength * self.penalty(logits.sigmoid(), batch.groups)

    def penalty(self, scores: Tensor, groups: Tensor) -> Tensor:
        """Variance over the groups that are there of their mean scores ``(B, T)``; 0 where there are fewer than two."""
        members = torch.stack([groups == group for group in range(len(self.spec.groups))]).to(scores.dtype)  # (G, B)
        sizes = members.sum(1)
        means = (members @ scores)[sizes > 0] / sizes[sizes > 0, None]
        return (means - means.mean(0)).square().mean() if len(means) > 1 else scores.sum() * 0.0
