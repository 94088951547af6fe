"""Sampling that shows every race, label, or race × label as often as the others."""

import torch
from torch import Tensor

from bench.method import Method, TrainingSet, tunable
from bench.method.pieces import group_codes


class Resampling(Method):
    """Draws images so that every group is drawn as often as the others (Idrissi et al., 2022, RWG, RWY).

    With replacement. Groups are races, labels, or race × label. With several targets an image's weight is the mean over
    its known ones of 1 / n, n how many images share its group there. With ``power`` ½ groups are drawn in proportion to
    √n. Images of no known group are drawn as often as the average one.
    """

    uses_race = "train"
    family = "sampling"
    year = 2022
    source = "Idrissi et al., CLeaR 2022 (arXiv:2110.14503)"
    deviations = "Several targets: the mean of their weights."

    by: str = tunable("race_label", choices=("race", "label", "race_label"), help="what makes a group")
    power: float = tunable(1.0, choices=(0.5, 1.0), help="exponent of 1 / n; 0.5 is milder")

    def sampler(self, train: TrainingSet) -> Tensor:
        """1 / n of every image's group, scaled to average 1 over the images of each target, and averaged over those."""
        codes = group_codes(train, self.by)
        weights = torch.zeros(codes.shape)
        for target, of_target in enumerate(codes.T):
            known = of_target >= 0
            sizes = torch.bincount(of_target[known], minlength=1)
            if known.any():
                rarity = sizes[of_target[known]].double().pow(-self.power)
                weights[known, target] = (rarity / rarity.mean()).float()
        known = codes >= 0
        means = weights.sum(1) / known.sum(1).clamp(min=1)
        return torch.where(known.any(1), means, 1.0)
