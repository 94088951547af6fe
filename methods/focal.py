"""Focal loss: images that are already told well weigh less."""

import torch
from torch import Tensor

from bench.method import Batch, Method, bce_elements, tunable


class Focal(Method):
    """Scales each image's loss by (1 - p_t)^γ, p_t the probability of its true label (Lin et al., 2017, eq. 4).

    One p_t a target, from sigmoids. It knows no race: it is for groups that are hard because they are rare.
    """

    family = "reweighting"
    year = 2017
    source = "Lin et al., ICCV 2017 (arXiv:1708.02002)"
    deviations = "No α for the rarer label; a mean over known targets, not over positives."

    gamma: float = tunable(1.0, low=0.5, high=5.0, log=True, help="γ, how little well-told images weigh")

    def loss(self, batch: Batch) -> Tensor:
        """-(1 - p_t)^γ log p_t, averaged over known targets."""
        losses, known = bce_elements(self(batch.images), batch.targets)
        # log p_t is the negative cross-entropy; expm1 keeps 1 - p_t exact where p_t is near 1.
        focus = -torch.expm1(-losses)
        # A power below 1 has an infinite slope at 0, where p_t has been rounded to 1.
        return (focus.clamp(min=1e-12).pow(self.gamma) * losses).sum() / known.sum().clamp(min=1)
