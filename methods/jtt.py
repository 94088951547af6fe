"""Just train twice: what a first network gets wrong weighs more in training a second one."""

import torch

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable
from bench.method.pieces.memory import Memory


class Jtt(Method):
    """Trains by ERM, then anew from the beginning, with every (image, target) weighted by λ that ERM got wrong.

    An image is wrong where the first network's probability lies on the other side of ½ from the label, as that network
    saw it last in training. Weights are scaled to average 1, so that λ is no learning rate. No race is seen.

    Where ERM is wrong on a share e of the images and cannot but be, as with findings that images show dimly, errors
    outweigh all else from λ = (1 - e) / e on, and the second network answers the other way round: at e = ¼, from 3.
    """

    family = "worst-case"
    source = "Liu et al., ICML 2021 (arXiv:2107.09044)"
    year = 2021
    deviations = (
        "errors are those of the last pass of training, not of a pass of their own; both stages are as long; λ = 2 by"
        " default, where the authors' tasks, with few errors, have 50 and 100"
    )
    stages = (("identify", 0.5), ("train", 0.5))

    weight: float = tunable(2.0, low=1.0, high=316.0, log=True, help="λ: weight of what the first network got wrong")

    def build(self) -> None:
        """The errors of the first stage, (N, T)."""
        self.wrong = Memory()

    def prepare(self, train: TrainingSet) -> None:
        """Nothing is wrong yet."""
        self.wrong.prepare(*train.targets.shape)
        self.mean = torch.ones(train.targets.shape[1])

    def begin(self, stage: str, train: TrainingSet) -> None:
        """Back to the beginning, with the errors in mind; what weights average before they are scaled is known now."""
        if stage == "train":
            self.restart(self.backbone, self.head)
            known = ~torch.isnan(train.targets)
            share = (self.wrong.values * known).sum(0) / known.sum(0).clamp(min=1)
            self.mean = 1.0 + (self.weight - 1.0) * share

    def loss(self, batch: Batch) -> torch.Tensor:
        """Plain while errors are looked for, then weighted by them."""
        logits = self(batch.images)
        if self.stage == "identify":
            self.wrong.write(batch.index, (logits > 0).float() != batch.targets.nan_to_num(0.5))
            return masked_bce(logits, batch.targets)
        weights = 1.0 + (self.weight - 1.0) * self.wrong.read(batch.index, batch.targets)
        return masked_bce(logits, batch.targets, weights / self.mean.to(weights))
