"""Decoupled heads: each race is diagnosed by a head of its own."""

import torch
from torch import Tensor, nn

from bench.method import Method


class Decoupled(Method):
    """Each race has a head of its own on shared features, in training and at test.

    An image of unknown race is diagnosed by the mean of all heads' logits. The network has to be told race to diagnose.
    """

    uses_race = "test"
    family = "experts"
    source = "Dwork et al., FAT* 2018 (arXiv:1707.06613)"
    year = 2018
    deviations = "the heads share one encoder, and each minimises its own loss; no joint loss is searched for"

    def build(self) -> None:
        """A head of all races' logits."""
        self.head = nn.Linear(self.features_size, len(self.spec.groups) * len(self.spec.targets))

    def classify(self, features: Tensor, groups: Tensor) -> Tensor:  # type: ignore[override]
        """The logits of the head of each image's race."""
        logits = self.head(features).view(len(features), len(self.spec.groups), len(self.spec.targets))
        own = logits[torch.arange(len(logits), device=logits.device), groups]
        return torch.where((groups >= 0)[:, None], own, logits.mean(1))
