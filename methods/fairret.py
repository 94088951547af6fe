"""Rates that are equal in all groups, as shares of the overall rate."""

import torch
from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import RATES, Penalised, rates


class Fairret(Penalised):
    """Penalises |r_g / r - 1| for any rate that is a sum over a sum (Buyl et al., 2024, the norm fairret).

    Summed over races, averaged over targets; a race of which a batch holds no such patient, or a target whose overall
    rate is 0, counts nothing. A share of the rate weighs rare findings as much as frequent ones.
    """

    uses_race = "train"
    family = "penalty"
    year = 2024
    source = "Buyl, Defrance & De Bie, ICLR 2024 (arXiv:2310.17256)"
    deviations = "The overall rate is the batch's; where it is 0 nothing is penalised."

    strength: float = tunable(0.1, low=1e-3, high=3.0, log=True, help="λ, weight of the violation")
    rate: str = tunable("true_positive_rate", choices=tuple(RATES), help="which rate is to be equal")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """Σ_g |r_g / r - 1|, averaged over targets."""
        found = rates(logits, batch.targets, batch.groups, len(self.spec.groups), self.rate)
        # A rate of nearly nothing has no share to speak of, and a slope without bound.
        there = found.overall > 1e-6
        shares = found.by_group / torch.where(there, found.overall, 1.0)
        return ((shares - 1).abs() * found.present * there).sum(0).mean()
