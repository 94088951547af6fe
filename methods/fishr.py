"""Gradients that scatter alike in all groups."""

import torch
from torch import Tensor

from bench.method import Batch, bce_elements, tunable
from bench.method.pieces import Penalised, mean_where, members, standardised


class Fishr(Penalised):
    """Matches over races the variance of the head's gradients from image to image (Ramé et al., 2022, eq. 4).

    For a linear head the gradient of image i is (σ(l) - y) ⊗ (z, 1), one for each weight; v_g is its variance within
    race g, smoothed over batches, and the penalty is the mean over races and weights of (v_g - v̄)². A race with one
    image keeps what it had. Features are standardised for it, so that it is not paid off by shrinking them.
    """

    uses_race = "train"
    family = "invariance"
    year = 2022
    source = "Ramé et al., ICML 2022 (arXiv:2109.02934)"
    deviations = "Features standardised; a mean over weights, not a sum; λ rises, where the authors' jumps."

    strength: float = tunable(1000.0, low=10.0, high=1e4, log=True, help="λ, weight of the penalty")
    decay: float = tunable(0.95, low=0.9, high=0.99, help="γ, of the moving average of the variances")
    warmup: float = tunable(0.2, low=0.0, high=0.5, help="share of training over which the strength rises")

    def build(self) -> None:
        """Running variances (G, T (D + 1)), and the weight that each race's have gathered so far."""
        groups = len(self.spec.groups)
        self.register_buffer("variances", torch.zeros(groups, len(self.spec.targets) * (self.features_size + 1)))
        self.register_buffer("gathered", torch.zeros(groups, 1))

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """Mean over races and weights of (v_g - v̄)², v_g a moving average that is not biased towards 0 at first."""
        _, known = bce_elements(logits, batch.targets)
        errors = (logits.float().sigmoid() - batch.targets.nan_to_num(0.0)) * known  # (B, T)
        inputs = torch.cat([standardised(features), errors.new_ones(len(errors), 1)], dim=1)
        gradients = (errors[:, :, None] * inputs[:, None]).flatten(1)  # (B, T (D + 1))
        fresh, there = self._variances(gradients, members(batch.groups, len(self.spec.groups)))
        old, gathered = self.get_buffer("variances"), self.get_buffer("gathered")
        kept = torch.where(there, self.decay, 1.0)
        variances = kept * old + (1 - kept) * fresh
        gathered = kept * gathered + 1 - kept
        self.get_buffer("variances").copy_(variances.detach())
        self.get_buffer("gathered").copy_(gathered)
        # The smoothed value with the gradient of the batch's own: a share 1 - γ of it would make λ hang on γ.
        variances = fresh + (variances / gathered.clamp(min=1e-12) - fresh).detach()
        present = (gathered > 0).float()
        centre = (variances * present).sum(0) / present.sum().clamp(min=1)
        return mean_where((variances - centre).square().mean(1, keepdim=True), present)

    def _variances(self, gradients: Tensor, member: Tensor) -> tuple[Tensor, Tensor]:
        """Variance (G, P) of the gradients of each group's images, over n - 1; and who has two or more (G, 1)."""
        with torch.autocast(gradients.device.type, enabled=False):
            n = member.sum(0)[:, None]
            means = member.T @ gradients / n.clamp(min=1)
            deviations = (gradients - member @ means).square()
            return member.T @ deviations / (n - 1).clamp(min=1), n > 1
