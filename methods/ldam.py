"""Larger margins for rarer labels."""

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable


class Ldam(Method):
    """Asks of each label a margin of C / n^¼, n its number of images, the largest ``max_margin`` (Cao et al., 2019).

    Margins mean something on cosines only: features and weights are normalised, and the logit is s (cos θ). Deferred,
    the loss is weighted by 1 / n from ``deferred`` of the training on (DRW). It knows no race.
    """

    family = "reweighting"
    year = 2019
    source = "Cao et al., NeurIPS 2019 (arXiv:1906.07413)"
    deviations = (
        "A sigmoid for each finding, with a bias, since a cosine alone has to split the labels at a right angle; "
        "deferred weights are 1 / n, averaging 1, not effective numbers."
    )

    max_margin: float = tunable(0.5, low=0.1, high=0.8, log=True, help="margin of the rarest label, in cosine")
    scale: float = tunable(10.0, choices=(10.0, 30.0), help="s, what a cosine is multiplied by")
    deferred: float = tunable(0.8, low=0.1, high=1.0, help="share of training after which labels are weighted")

    def prepare(self, train: TrainingSet) -> None:
        """Margins and weights (2, T) of each label of each target; of a label that nobody has, 0."""
        counts = torch.stack([(train.targets == 0).sum(0), (train.targets == 1).sum(0)]).float()
        margins = torch.where(counts > 0, counts.clamp(min=1).pow(-0.25), 0.0)
        margins = self.max_margin * margins / margins.amax(0).clamp(min=1e-12)
        weights = torch.where(counts > 0, 0.5 * counts.sum(0) / counts.clamp(min=1), 0.0)
        self.register_buffer("margins", margins, persistent=False)
        self.register_buffer("weights", weights, persistent=False)

    def classify(self, features: Tensor) -> Tensor:
        """s cos θ + b of the angle between features and each target's weights."""
        return self.scale * F.linear(F.normalize(features), F.normalize(self.head.weight)) + self.head.bias

    def loss(self, batch: Batch) -> Tensor:
        """Cross-entropy of logits from which the margin of the true label is taken off, on that label's side."""
        labels = batch.targets.nan_to_num(0.0).long()
        columns = torch.arange(labels.shape[1], device=labels.device)
        margins = self.scale * self.get_buffer("margins")[labels, columns]
        logits = self(batch.images) - margins * (2 * labels - 1)
        weights = self.get_buffer("weights")[labels, columns] if self.progress >= self.deferred else None
        return masked_bce(logits, batch.targets, weights)
