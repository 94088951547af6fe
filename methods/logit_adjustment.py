"""Logits shifted by the log odds of the label in training, so that the network need not learn how rare it is."""

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable


class LogitAdjustment(Method):
    """Adds τ log(π / (1 - π)) to the logits in training and nothing at test, π a finding's prevalence.

    What is learnt is then the log odds that the finding has where it is as frequent as its absence (Menon et al.,
    2021, eq. 10; for a softmax with τ = 1, Ren et al.'s balanced softmax). It knows no race.
    """

    family = "reweighting"
    year = 2021
    source = "Menon et al., ICLR 2021 (arXiv:2007.07314); Ren et al., NeurIPS 2020"
    deviations = "A sigmoid for each finding: log odds for log priors; half an image is added to each count."

    tau: float = tunable(1.0, low=0.5, high=2.0, help="τ, how much of the log odds is added")

    def prepare(self, train: TrainingSet) -> None:
        """The log odds of every finding (T)."""
        positive, negative = (train.targets == 1).sum(0), (train.targets == 0).sum(0)
        self.register_buffer("log_odds", torch.log((positive + 0.5) / (negative + 0.5)), persistent=False)

    def loss(self, batch: Batch) -> Tensor:
        """Binary cross-entropy of the adjusted logits."""
        return masked_bce(self(batch.images) + self.tau * self.get_buffer("log_odds"), batch.targets)
