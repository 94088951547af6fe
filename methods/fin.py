"""Fair identity normalisation: the head reads features normalised by each race's own mean and scale."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.method import Method, tunable


class Fin(Method):
    """Learns a mean μ and a scale log(1 + exp σ) a race, and normalises what the head reads by them.

    z ← (1 - m) (z - μ_a) / (log(1 + exp σ_a) + 1e-6) + m z; an image of unknown race goes by the mean of all μ and σ.
    The features that are scored for race are those before: normalisation needs race, and the network has to be told it.
    """

    uses_race = "test"
    family = "alignment"
    source = "Luo et al., IEEE Transactions on Medical Imaging 2024 (arXiv:2306.09264)"
    year = 2024

    momentum: float = tunable(0.3, low=0.0, high=0.9, help="m: share of the features as they were")

    def build(self) -> None:
        """Means and scales (groups, D), drawn near 0 as the authors do."""
        shape = (len(self.spec.groups), self.features_size)
        self.means, self.scales = nn.Parameter(0.001 * torch.randn(shape)), nn.Parameter(0.1 * torch.randn(shape))

    def classify(self, features: Tensor, groups: Tensor) -> Tensor:  # type: ignore[override]
        """Logits from the normalised features."""
        # Group -1 (unknown) picks the last row.
        mean = torch.cat([self.means, self.means.mean(0, keepdim=True)])[groups]
        scale = torch.cat([self.scales, self.scales.mean(0, keepdim=True)])[groups]
        normalised = (features - mean) / (F.softplus(scale) + 1e-6)
        logits: Tensor = self.head((1.0 - self.momentum) * normalised + self.momentum * features)
        return logits
