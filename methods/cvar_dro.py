"""The mean loss of the images that fare worst."""

import torch
from torch import Tensor

from bench.method import Batch, Method, bce_elements, tunable


class CvarDro(Method):
    """Minimises the conditional value at risk: the mean loss of the worst share α of the images (Levy et al., 2020).

    It is the largest loss that any group of at least a share α can have, whoever is in it: it knows no race. One worst
    share for each target, over the images of a batch whose label is known; the targets are averaged.
    """

    family = "worst-case"
    year = 2020
    source = "Levy et al., NeurIPS 2020 (arXiv:2010.05893)"
    deviations = "Several targets: a worst share for each."

    alpha: float = tunable(0.5, low=0.01, high=1.0, log=True, help="α, the share of images that counts")

    def loss(self, batch: Batch) -> Tensor:
        """Losses in falling order at weights of 1 / (αn) until they sum to 1; the last one counts in part."""
        losses, known = bce_elements(self(batch.images), batch.targets)
        n = known.sum(0)
        worst, _ = torch.where(known, losses, -1.0).sort(dim=0, descending=True)
        ranks = torch.arange(len(losses), device=losses.device)[:, None]
        count = (self.alpha * n).clamp(min=1.0)
        weights = (count - ranks).clamp(0.0, 1.0) / count * (ranks < n)
        return (weights * worst).sum() / (n > 0).sum().clamp(min=1)
