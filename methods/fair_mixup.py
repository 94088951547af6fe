"""Predictions that change little on the way from one race to another."""

from itertools import combinations

import torch
from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised


class FairMixup(Penalised):
    """Penalises the slope of the mean prediction along paths between races (Chuang & Mroueh, 2021, eq. 9).

    Every image of one race is paired with every one of another. Between them z_t = t z + (1 - t) z', with one t drawn a
    step; |mean of d/dt σ(f(z_t))| is penalised. Over all t it integrates to no less than the gap between the two races'
    mean probabilities. Pairs of races and targets are averaged.
    """

    uses_race = "train"
    family = "mixing"
    year = 2021
    source = "Chuang & Mroueh, ICLR 2021 (arXiv:2103.06503)"
    deviations = (
        "Paths run through the features (the paper's manifold version), which costs no pass; demographic parity."
    )

    strength: float = tunable(1.0, low=0.1, high=100.0, log=True, help="λ, weight of the slopes")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """|E d/dt σ(f(z_t))|, averaged over the pairs of races that the batch holds, and over targets."""
        t = torch.rand((), device=features.device)
        races = [features[batch.groups == group] for group in range(len(self.spec.groups))]
        slopes = [self.slope(one, other, t) for one, other in combinations(races, 2) if len(one) and len(other)]
        return torch.stack(slopes).mean() if slopes else features.sum() * 0.0

    def slope(self, one: Tensor, other: Tensor, t: Tensor) -> Tensor:
        """|d/dt σ(f(t z + (1 - t) z'))| (T), of the mean over all pairs of ``one (n, D)`` and ``other (m, D)``."""
        with torch.autocast(one.device.type, enabled=False):
            between = (t * one[:, None] + (1 - t) * other).float().flatten(0, 1)
            along = (one[:, None] - other).float().flatten(0, 1)
            change: Tensor = torch.func.jvp(lambda z: self.classify(z).sigmoid(), (between,), (along,))[1]
        return change.mean(0).abs()
