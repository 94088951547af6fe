"""Rates that are equal in all groups, in the mean over a batch."""

import torch
from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised, mean_where, rates

RATES_OF = {
    "demographic_parity": ("positive_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}


class ParityGap(Penalised):
    """Penalises how far each race's rate lies from all patients', |r_g - r|, averaged over races, rates and targets.

    Rates are of probabilities: of positives (demographic parity), among the ill (equal opportunity), or among the ill
    and among the healthy (equalised odds). A race of which a batch holds no such patient counts nothing.
    """

    uses_race = "train"
    family = "penalty"
    year = 2024
    source = "the regularisers DiffDP, DiffEopp and DiffEodd of Han et al., ICLR 2024 (arXiv:2306.09468)"
    deviations = "Any number of races: from the rate of all, where two races are compared with each other."

    strength: float = tunable(1.0, low=0.01, high=100.0, log=True, help="λ, weight of the gaps")
    criterion: str = tunable("equalized_odds", choices=tuple(RATES_OF), help="which rates are to be equal")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """mean |r_g - r|."""
        gaps = logits.new_zeros((), dtype=torch.float32)
        for rate in RATES_OF[self.criterion]:
            found = rates(logits, batch.targets, batch.groups, len(self.spec.groups), rate)
            gaps = gaps + mean_where((found.by_group - found.overall).abs(), found.present)
        return gaps / len(RATES_OF[self.criterion])
