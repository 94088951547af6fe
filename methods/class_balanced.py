"""Weights by the effective number of images of each label."""

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable
from bench.method.pieces import label_counts


class ClassBalanced(Method):
    """Weighs each label, or race × label, by the inverse of its effective number of images (Cui et al., 2019, eq. 2).

    The effective number of n images is (1 - βⁿ) / (1 - β), β = 1 - 1 / ``volume``: n as long as n is far below the
    volume, and the volume at most. So it lies between no weights (a small volume) and 1 / n (a large one: from about
    ten times n on). Weights average 1 over the images of each target; unknown race weighs 1.
    """

    uses_race = "train"
    family = "reweighting"
    year = 2019
    source = "Cui et al., CVPR 2019 (arXiv:1901.05555)"
    deviations = "Weights average 1 over images, where the paper's sum to the number of classes."

    volume: float = tunable(
        1e3, low=1e2, high=1e5, log=True, help="N = 1 / (1 - β), what a class can hold of new images"
    )
    by: str = tunable("label", choices=("label", "race_label"), help="what makes a class")

    def prepare(self, train: TrainingSet) -> None:
        """Count the training set into a table of weights (groups + 1, 2, T); its last row is for unknown race."""
        groups = len(self.spec.groups)
        if self.by == "label":
            counts = torch.stack([(train.targets == 0).sum(0), (train.targets == 1).sum(0)]).float()
            counts = counts.expand(groups + 1, -1, -1)
        else:
            counts = label_counts(train.targets, train.groups, groups)
        # 1 - βⁿ, which is 0 for a class of nobody.
        effective = -torch.expm1(counts.double() * torch.log1p(torch.tensor(-1.0 / self.volume).double()))
        weights = torch.where(counts > 0, 1.0 / effective.clamp(min=1e-12), 0.0)
        weights = weights / ((weights * counts).sum((0, 1)) / counts.sum((0, 1)).clamp(min=1)).clamp(min=1e-12)
        if self.by == "race_label":
            weights = torch.cat([weights, torch.ones(1, 2, weights.shape[2])])
        self.register_buffer("weights", weights.float(), persistent=False)

    def loss(self, batch: Batch) -> Tensor:
        """Binary cross-entropy, each element at the weight of its class."""
        labels = batch.targets.nan_to_num(0.0).long()
        columns = torch.arange(labels.shape[1], device=labels.device)
        weights = self.get_buffer("weights")[batch.groups[:, None], labels, columns]
        return masked_bce(self(batch.images), batch.targets, weights)
