"""Logits that stay small, so that easy cues do not starve the others of gradient."""

from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised


class SpectralDecoupling(Penalised):
    """Penalises half the squared logits, in place of weight decay (Pezeshki et al., 2021, eq. 15). It knows no race.

    A cue that is learnt first makes the loss small, and with it the gradient by which others would be learnt; held
    logits keep that gradient alive.
    """

    family = "invariance"
    year = 2021
    source = "Pezeshki et al., NeurIPS 2021 (arXiv:2011.09468)"
    deviations = "Weight decay stays as for all methods."

    strength: float = tunable(0.1, low=1e-5, high=1.0, log=True, help="λ, weight of the squared logits")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """½ mean of l²."""
        return 0.5 * logits.float().square().mean()
