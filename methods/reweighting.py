"""Weights that make race, label, or their association balanced in the loss."""

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable


class Reweighting(Method):
    """Every (image, target) is weighted by how rare its race, its label, or its race given its label is.

    With g the race and y the target's label: ``race`` weighs 1/P(g), ``label`` 1/P(y), ``race_label`` P(g)P(y)/P(g, y),
    which makes the two independent (Kamiran & Calders, 2012). Images of unknown race weigh 1. Weights average 1.
    """

    uses_race = "train"
    family = "reweighting"
    year = 2012
    source = "Kamiran & Calders, Knowledge and Information Systems 2012"
    deviations = (
        "Weights are made for each target by itself, since an image has several. The square roots of the weights are "
        "an option that the paper does not have."
    )

    by: str = tunable("race_label", choices=("race", "label", "race_label"), help="what is balanced")
    power: float = tunable(1.0, choices=(0.5, 1.0), help="exponent of the weights; 0.5 is milder")

    def prepare(self, train: TrainingSet) -> None:
        """Count the training set into a table of weights (groups + 1, 2, T); its last row is for unknown race."""
        groups, targets = len(self.spec.groups), len(self.spec.targets)
        counts = torch.zeros(groups, 2, targets)
        for group in range(groups):
            for label in (0, 1):
                counts[group, label] = (train.targets[train.groups == group] == label).sum(0)
        share = counts / counts.sum((0, 1))
        of_group, of_label = share.sum(1, keepdim=True), share.sum(0, keepdim=True)
        wanted = {"race": 1 / of_group, "label": 1 / of_label, "race_label": of_group * of_label / share}[self.by]
        weights = torch.where(share > 0, wanted.expand_as(share), 0).pow(self.power)
        weights = weights / (weights * share).sum((0, 1))
        self.register_buffer("weights", torch.cat([weights, torch.ones(1, 2, targets)]), persistent=False)

    def loss(self, batch: Batch) -> Tensor:
        """Binary cross-entropy, each element at the weight of its race and label."""
        labels = batch.targets.nan_to_num(0.0).long()
        columns = torch.arange(labels.shape[1], device=labels.device)
        # Group -1 (unknown) picks the table's last row.
        weights = self.get_buffer("weights")[batch.groups[:, None], labels, columns]
        return masked_bce(self(batch.images), batch.targets, weights)
