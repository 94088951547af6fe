"""A head for each group: the network is told race when it predicts."""

import torch
from torch import Tensor, nn

from bench.method import Method


class Example(Method):
    """One head a race on common features; images of unknown race have a head of their own."""

    family = "experts"
    year = 2018
    source = "Dwork et al., FAT* 2018 (arXiv:1707.06613): decoupled classifiers"
    deviations = "Only the heads are decoupled, and no loss is joint over the groups."
    uses_race = "test"

    def build(self) -> None:
        """A head a group, and the last for those whose group is unknown."""
        heads = len(self.spec.groups) + 1
        self.heads = nn.ModuleList(nn.Linear(self.features_size, len(self.spec.targets)) for _ in range(heads))

    def classify(self, features: Tensor, groups: Tensor) -> Tensor:  # type: ignore[override]
        """Logits by the head of each image's group."""
        every = torch.stack([head(features) for head in self.heads])  # (G + 1, B, T)
        return every[groups, torch.arange(len(features), device=features.device)]  # -1 takes the last
