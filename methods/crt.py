"""Classifier retraining: features learnt from all images alike, then a fresh head from balanced ones."""

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable


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
        """Weights of the cells (groups + 1, 2, T), the last row for unknown race."""
        races = [train.groups == group for group in range(len(self.spec.groups))]
        if self.by == "label":
            races = [torch.ones_like(train.groups, dtype=torch.bool)] * len(races)
        counts = torch.stack(
            [torch.stack([(train.targets[race] == label).sum(0) for label in (0, 1)]) for race in races]
        )
        occurring = (counts > 0).float()
        weights = occurring / counts.clamp(min=1)
        # Over the images of a target: Σ n w = the number of cells that occur.
        weights = weights * counts.sum((0, 1)) / occurring.sum((0, 1)).clamp(min=1)
        unknown = weights[:1] if self.by == "label" else torch.ones_like(weights[:1])
        self.register_buffer("weights", torch.cat([weights, unknown]), persistent=False)

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
        weights = self.get_buffer("weights")[batch.groups[:, None], labels, columns]
        return masked_bce(self(batch.images), batch.targets, weights)
