"""The worst loss over all reweightings of the images within a χ²-ball."""

import math

import torch
from torch import Tensor

from bench.method import Batch, Method, bce_elements, tunable


class Chi2Dro(Method):
    """Minimises the largest mean loss over weights q of the images with χ²(q, uniform) ≤ ρ (Levy et al., 2020).

    By duality it is the minimum over η of η + √(1 + 2ρ) √mean((ℓ - η)₊²), with χ²(q, p) = ½ mean((q/p - 1)²), so that
    the weights grow with how far a loss lies above η. It knows no race. One ball for each target, over the images of a
    batch whose label is known; the targets are averaged.
    """

    family = "worst-case"
    year = 2020
    source = "Levy et al., NeurIPS 2020 (arXiv:2010.05893)"
    deviations = "Several targets: a ball for each."

    rho: float = tunable(1.0, low=0.1, high=10.0, log=True, help="ρ, the radius of the ball")

    def loss(self, batch: Batch) -> Tensor:
        """The weighted mean at the worst weights, which are q/p ∝ (ℓ - η)₊: the objective and its gradient."""
        losses, known = bce_elements(self(batch.images), batch.targets)
        n = known.sum(0)
        with torch.no_grad():
            above = torch.where(known, losses - self._eta(losses, known), 0.0).clamp(min=0.0)
            total = above.sum(0)
            weights = torch.where(total > 0, above / torch.where(total > 0, total, 1.0), known / n.clamp(min=1))
        return (weights * losses).sum() / (n > 0).sum().clamp(min=1)

    def _eta(self, losses: Tensor, known: Tensor) -> Tensor:
        """η (T) where √(1 + 2ρ) mean((ℓ-η)₊) = √mean((ℓ-η)₊²), by bisection: below it the objective falls.

        Where more than a share 1 / (1 + 2ρ) of the images have the largest loss, η comes to that loss.
        """
        n = known.sum(0).clamp(min=1)
        high = torch.where(known, losses, -math.inf).amax(0).clamp(min=0.0)
        # At η = mean - √(variance / 2ρ) or above is the answer; this is below it whatever the losses.
        low = -(1.0 + high) * (1.0 + 1.0 / math.sqrt(2 * self.rho)) * 2
        for _ in range(50):
            middle = (low + high) / 2
            above = torch.where(known, losses - middle, 0.0).clamp(min=0.0)
            falls = math.sqrt(1 + 2 * self.rho) * above.sum(0) / n > (above.square().sum(0) / n).sqrt()
            low, high = torch.where(falls, middle, low), torch.where(falls, high, middle)
        return low
