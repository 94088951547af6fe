"""Logits shifted by what race alone tells of the label, so that the network need not learn it."""

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable
from bench.method.pieces import label_counts


class BiasBalanced(Method):
    """Adds the log odds of each finding given the patient's race to the logits, in training only (Luo et al., 2022).

    The network is left to learn what the image tells beyond race: log odds on a cohort in which race and finding are
    independent. For unknown race it adds the log odds among all.
    """

    uses_race = "train"
    family = "reweighting"
    year = 2022
    source = "Luo et al., MICCAI 2022 (arXiv:2209.03860)"
    deviations = (
        "Races are known, not found by a second network; a sigmoid for each finding; half an image is added to each "
        "count; written from the abstract, not checked against the authors' code."
    )

    tau: float = tunable(1.0, low=0.5, high=2.0, help="how much of the log odds is added")

    def prepare(self, train: TrainingSet) -> None:
        """Log odds (groups + 1, T) of every finding in every race; the last row is for unknown race."""
        counts = label_counts(train.targets, train.groups, len(self.spec.groups))
        everyone = torch.stack([(train.targets == 0).sum(0), (train.targets == 1).sum(0)])
        counts = torch.cat([counts, everyone[None].float()])
        self.register_buffer("log_odds", torch.log((counts[:, 1] + 0.5) / (counts[:, 0] + 0.5)), persistent=False)

    def loss(self, batch: Batch) -> Tensor:
        """Binary cross-entropy of the adjusted logits; group -1 picks the table's last row."""
        return masked_bce(self(batch.images) + self.tau * self.get_buffer("log_odds")[batch.groups], batch.targets)
