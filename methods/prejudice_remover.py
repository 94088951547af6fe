"""Predictions that share no information with race."""

import torch
from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised, rates


class PrejudiceRemover(Penalised):
    """Penalises the mutual information between prediction and race, in nats (Kamishima et al., 2012, eq. 6).

    Σ_g P(g) Σ_y P(y | g) ln P(y | g) / P(y), with P(y | g) the mean probability among the images of race g in the
    batch; averaged over targets.
    """

    uses_race = "train"
    family = "penalty"
    year = 2012
    source = "Kamishima et al., ECML PKDD 2012"
    deviations = (
        "A mean over images, where the paper's is a sum; any network, where the paper's is a logistic model a race."
    )

    strength: float = tunable(1.0, low=0.01, high=100.0, log=True, help="η, weight of the information")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """The information, averaged over targets."""
        found = rates(logits, batch.targets, batch.groups, len(self.spec.groups), "positive_rate")
        shares = found.sizes / found.sizes.sum(0).clamp(min=1)
        by_group = torch.stack([found.by_group, 1 - found.by_group]).clamp(min=1e-7)
        overall = torch.stack([found.overall, 1 - found.overall]).clamp(min=1e-7)
        information = (by_group * (by_group.log() - overall.log()[:, None])).sum(0)
        return (shares * information).sum(0).mean()
