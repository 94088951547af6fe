"""Domain-independent training: a head for each race, learnt from its images, and all heads together at test."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.method import Batch, Method, masked_bce, tunable


class DomainIndependent(Method):
    """Each race has a head of its own on shared features; a diagnosis is what all heads say together.

    In training the head of an image's race alone learns from it, so that no head has to know how often a race has the
    disease; at test the heads' probabilities are averaged, or their logits, and no race is seen. An image of unknown
    race is learnt from as it is diagnosed.
    """

    uses_race = "train"
    family = "experts"
    source = "Wang et al., CVPR 2020 (arXiv:1911.11834)"
    year = 2020
    deviations = "sigmoids for the paper's softmax, the mean over heads for its sum, which ranks alike for logits"

    combine: str = tunable("probabilities", choices=("probabilities", "logits"), help="what is averaged at test")

    def build(self) -> None:
        """A head of all races' logits."""
        self.head = nn.Linear(self.features_size, len(self.spec.groups) * len(self.spec.targets))

    def experts(self, features: Tensor) -> Tensor:
        """The logits of every head, (B, G, T)."""
        logits: Tensor = self.head(features).view(len(features), len(self.spec.groups), len(self.spec.targets))
        return logits

    def classify(self, features: Tensor) -> Tensor:
        """What all heads say together."""
        return self.together(self.experts(features))

    def together(self, logits: Tensor) -> Tensor:
        """The mean logit (B, T), or the logit of the mean probability."""
        logits = logits.float()
        if self.combine == "logits":
            return logits.mean(1)
        # log of the mean of p and of 1 - p, up to the same constant.
        return F.logsigmoid(logits).logsumexp(1) - F.logsigmoid(-logits).logsumexp(1)

    def loss(self, batch: Batch) -> Tensor:
        """Cross-entropy of the head of each image's race."""
        logits = self.experts(self.features(batch.images))
        known = (batch.groups >= 0)[:, None]
        own = logits[torch.arange(len(logits), device=logits.device), batch.groups]
        return masked_bce(torch.where(known, own, self.together(logits)), batch.targets)
