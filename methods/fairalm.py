"""Losses that are equal in all groups, by multipliers that grow as long as they are not."""

import torch
from torch import Tensor

from bench.method import Batch, bce_elements, tunable
from bench.method.pieces import Penalised, group_means, mean_where, members


class Fairalm(Penalised):
    """Augmented Lagrangian for fairness (Lokhande et al., 2020, Algorithm 1): a multiplier for each race.

    Adds (μ_g + η) s_g - (μ_g - η) s, s_g a race's mean loss and s that of all races, averaged over races and targets;
    after each epoch μ_g ← μ_g + η (s_g - s), from the epoch's means. By ``race_label`` losses are means over the images
    of a label, and races are made equal in each (equalised odds).
    """

    uses_race = "train"
    family = "penalty"
    year = 2020
    source = "Lokhande et al., ECCV 2020 (arXiv:2004.01355)"
    deviations = (
        "Any number of races, each against all; multipliers step once an epoch, so η is larger than the paper's."
    )

    eta: float = tunable(1.0, low=0.01, high=10.0, log=True, help="η, the multipliers' step and the penalty's weight")
    by: str = tunable("race_label", choices=("race", "race_label"), help="whose losses are made equal")
    strength = 1.0

    def build(self) -> None:
        """Multipliers, and the sums and numbers of the epoch's losses, each (labels, G, T); by race, labels is 1."""
        labels = 2 if self.by == "race_label" else 1
        for name in ("multipliers", "sums", "numbers"):
            self.register_buffer(name, torch.zeros(labels, len(self.spec.groups), len(self.spec.targets)))

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """(μ + η) s_g - (μ - η) s, averaged over the cells that the batch holds."""
        losses, known = bce_elements(logits, batch.targets)
        sets = [batch.targets == 0, batch.targets == 1] if self.by == "race_label" else [known]
        member = members(batch.groups, len(self.spec.groups))
        means, numbers = (
            torch.stack(one) for one in zip(*(group_means(losses, of, member) for of in sets), strict=True)
        )
        self.get_buffer("sums").add_((means * numbers).detach())
        self.get_buffer("numbers").add_(numbers)
        multipliers = self.get_buffer("multipliers").clone()
        lagrangian = (multipliers + self.eta) * means - (multipliers - self.eta) * _overall(means * numbers, numbers)
        return mean_where(lagrangian, (numbers > 0).float())

    def after_epoch(self) -> None:
        """μ ← μ + η (s_g - s), from the epoch's means; a cell of nobody keeps its multiplier."""
        sums, numbers = self.get_buffer("sums"), self.get_buffer("numbers")
        gaps = sums / numbers.clamp(min=1) - _overall(sums, numbers)
        self.get_buffer("multipliers").add_(torch.where(numbers > 0, self.eta * gaps, 0.0))
        sums.zero_()
        numbers.zero_()


def _overall(sums: Tensor, numbers: Tensor) -> Tensor:
    """The mean over all races (labels, 1, T)."""
    return sums.sum(1, keepdim=True) / numbers.sum(1, keepdim=True).clamp(min=1)
