"""Twin invariance: the features of a patient are to be those of the same patient in another race."""

import torch
from torch import Tensor

from bench.method import Batch, masked_bce, tunable
from bench.method.method import Method


class TwinInvariance(Method):
    """Penalises ‖z(x) - z(x')‖², x' the image's twin in another race, over what two different images differ by.

    The ratio is 0 where race moves nothing and 1 where a twin is as far as a stranger; it stays when all features are
    shrunk. Twins are exact, so that this is a bound on what pairs from a generator can do. Only data sets that render
    them can be trained on. One forward pass for both, the diagnosis from the image alone.
    """

    uses_race = "train"
    needs_twins = True
    family = "counterfactual"
    source = "Garg et al., AIES 2019 (arXiv:1809.10610): logit pairing, here of features by default"
    year = 2019
    deviations = "squared distance over the batch's variance for the absolute difference of logits"
    cost = 2.0

    strength: float = tunable(1.0, low=0.01, high=100.0, log=True, help="λ: weight of the penalty")
    pair: str = tunable("features", choices=("features", "logits"), help="what is to be the same")

    def loss(self, batch: Batch) -> Tensor:
        """Diagnosis loss and the weighted ratio."""
        if batch.twins is None:
            return super().loss(batch)
        both = self.features(torch.cat([batch.images, batch.twins]))
        features = both[: len(batch.images)]
        paired = both if self.pair == "features" else self.classify(both)
        diagnosis = masked_bce(self.classify(features), batch.targets)
        return diagnosis + self.strength * relative_distance(*paired.float().chunk(2))


def relative_distance(first: Tensor, second: Tensor) -> Tensor:
    """Mean squared distance of rows ``(B, D)`` to their twins, over that of two rows drawn from ``first``."""
    strangers = 2.0 * first.var(0, correction=0).sum()
    distance = (first - second).square().sum(1).mean()
    return distance / (strangers + 1e-6 * first.square().sum(1).mean() + 1e-12)
