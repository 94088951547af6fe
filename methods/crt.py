"""Classifier retraining: features learnt from all images alike, then a fresh head from balanced ones."""

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable
from bench.method.pieces import label_counts


class Crt(Method):
    """ERM, then the encoder is frozen and a fresh head is trained with every race × label (or label) weighing alike.

    Balance is by weights, a target at a time, since no sampling balances several findings at once: the expected loss
    is that of sampling cells alike. Weights average 1 over the images; where race is unknown they are 1. The paper's
    τ-normalisation only scales a finding's one row here, which changes no ranking, and is not offered.
    """

    uses_race = "train"
    family = "last-layer"
    source = "Kang et al., ICLR 2020 (arXiv:1910.09217)"
    year = 2020
    deviations = "weights for sampling; cells are race × label by default, where the paper has classes"
    stages = (("features", 0.75), ("head", 0.25))
    cost = 0.875  # no backward pass through the encoder in the head's stage

    by: str = tunable("race_label", choices=("label", "race_label"), help="what is balanced")

    def prepare(self, train: TrainingSet) -> None:
        """Weights of the cells (groups + 1, 2, T), the last row for unknown race; by label one row for all."""
        groups, size = self._rows(train.groups), len(self.spec.groups) if self.by == "race_label" else 1
        counts = label_counts(train.targets, groups, size)
        cells = (counts > 0).sum((0, 1)).clamp(min=1)
        weights = torch.where(counts > 0, counts.sum((0, 1)) / (cells * counts.clamp(min=1)), 0.0)
        self.register_buffer("weights", torch.cat([weights, torch.ones_like(weights[:1])]), persistent=False)

    def begin(self, stage: str, train: TrainingSet) -> None:
        """Freeze the encoder and start the head afresh."""
        if stage == "head":
            self.backbone.requires_grad_(False).eval()
            self.head.reset_parameters()

    def loss(self, batch: Batch) -> Tensor:
        """Plain for the features, balanced for the head."""
        if self.stage == "features":
            return super().loss(batch)
        labels = batch.targets.nan_to_num(0.0).long()
        columns = torch.arange(labels.shape[1], device=labels.device)
        weights = self.get_buffer("weights")[self._rows(batch.groups)[:, None], labels, columns]
        return masked_bce(self(batch.images), batch.targets, weights)

    def _rows(self, groups: Tensor) -> Tensor:
        """The row of the table that each image is in."""
        return groups if self.by == "race_label" else torch.zeros_like(groups)
