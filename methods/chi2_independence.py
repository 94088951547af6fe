"""Scores that are independent of race, by the χ² divergence of their densities."""

import math

import torch
from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised, members, standardised


class Chi2Independence(Penalised):
    """Penalises the χ² between the joint density of score and race and the product of the two (Mary et al., 2019).

    Σ_g P(g) ∫ p(s | g)² / p(s) ds - 1, an upper bound of the squared Hirschfeld-Gebelein-Rényi maximal correlation: 0
    only where the two are independent (demographic parity). Densities are Gaussian kernel estimates of the standardised
    logits in the batch, on a grid, which for a race of few images scatter more. Averaged over targets.
    """

    uses_race = "train"
    family = "penalty"
    year = 2019
    source = "Mary, Calauzènes & El Karoui, ICML 2019 (arXiv:1911.04929)"
    deviations = "Race is discrete, so its density needs no kernel; a grid from -4 to 4 standard deviations."

    strength: float = tunable(0.1, low=0.01, high=10.0, log=True, help="λ, weight of the χ²")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """χ², averaged over targets, over the images whose race is known."""
        known = batch.groups >= 0
        if known.sum() < 2:
            return logits.sum() * 0.0
        scores = standardised(logits[known])
        member = members(batch.groups[known], len(self.spec.groups))
        shares = member.mean(0)  # (G)
        # Silverman's rule for one dimension and variance 1.
        width = (0.75 * len(scores)) ** -0.2
        grid = torch.linspace(-4.0, 4.0, 81, device=scores.device)
        kernels = torch.exp(-0.5 * ((grid[:, None, None] - scores) / width).square()) / (width * math.sqrt(2 * math.pi))
        joint = torch.stack([(kernels * of_group[:, None]).mean(1) for of_group in member.T])  # (G, 81, T)
        expected = shares[:, None, None] * joint.sum(0) + 1e-8
        return (torch.trapezoid((joint.square() / expected).sum(0), grid, dim=0) - 1).mean()
