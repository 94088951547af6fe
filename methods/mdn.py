"""Features from which what race explains has been regressed out, in training."""

import torch
from torch import Tensor

from bench.method import Batch, Method, masked_bce, tunable
from bench.method.pieces import members


class Mdn(Method):
    """Metadata normalisation: features less what a linear model gives to race, z - M β (Lu et al., 2021).

    β is fitted on the batch by ridge regression on race *and* labels, so that what of race the labels explain stays;
    the head learns from the residuals. Race is centred, so at test, where it is not known, nothing is taken off: the
    head has learnt without race, and the features still show it.
    """

    uses_race = "train"
    family = "alignment"
    year = 2021
    source = "Lu et al., CVPR 2021 (arXiv:2104.09052)"
    deviations = "One layer, on the features; β from the batch alone; no race at test, so no β is kept for it."

    ridge: float = tunable(1e-3, low=1e-5, high=1.0, log=True, help="of the regression, relative to the batch's size")

    def loss(self, batch: Batch) -> Tensor:
        """The diagnosis from residuals."""
        features = self.features(batch.images)
        return masked_bce(self.classify(self.residuals(features, batch)), batch.targets)

    def residuals(self, features: Tensor, batch: Batch) -> Tensor:
        """z - M_race β_race, (MᵀM + ridge) β = Mᵀz, M the centred columns of race, of labels, and none for the mean."""
        race = _centred(members(batch.groups, len(self.spec.groups)), (batch.groups >= 0)[:, None])
        design = torch.cat([race, _centred(batch.targets.nan_to_num(0.0), ~torch.isnan(batch.targets))], dim=1)
        with torch.autocast(features.device.type, enabled=False):
            centred = features.float() - features.float().mean(0)
            gram = design.T @ design + self.ridge * len(design) * torch.eye(design.shape[1], device=design.device)
            beta = torch.linalg.solve(gram, design.T @ centred)
            residuals: Tensor = features - race @ beta[: race.shape[1]]
        return residuals


def _centred(columns: Tensor, known: Tensor) -> Tensor:
    """Columns less the mean of what is known of them; 0 where it is unknown."""
    known = known.float()
    return (columns - (columns * known).sum(0) / known.sum(0).clamp(min=1)) * known
