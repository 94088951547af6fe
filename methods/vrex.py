"""Risks that are alike in all groups."""

from torch import Tensor

from bench.method import Batch, bce_elements, tunable
from bench.method.pieces import Penalised, group_means, members


class Vrex(Penalised):
    """Penalises the variance over races of their mean loss (Krueger et al., 2021, eq. 7, V-REx).

    For each target the variance over the races that a batch holds, 0 where it holds one; the targets are averaged.
    """

    uses_race = "train"
    family = "invariance"
    year = 2021
    source = "Krueger et al., ICML 2021 (arXiv:2003.00688)"
    deviations = "The diagnosis's loss is a mean over images, not over groups; β rises, where the authors' jumps."

    strength: float = tunable(10.0, low=0.1, high=1e5, log=True, help="β, weight of the variance")
    warmup: float = tunable(0.2, low=0.0, high=0.5, help="share of training over which the strength rises")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """Σ_g (R_g - R̄)² / G over the races with a known label, averaged over targets."""
        losses, known = bce_elements(logits, batch.targets)
        risks, sizes = group_means(losses, known, members(batch.groups, len(self.spec.groups)))
        present = (sizes > 0).float()
        count = present.sum(0).clamp(min=1)
        mean = (risks * present).sum(0) / count
        return (((risks - mean).square() * present).sum(0) / count).mean()
