"""Features whose distribution is the same in all groups, seen through kernels."""

from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised, gaussian_kernel, members, mmd, standardised, strata


class Mmd(Penalised):
    """Penalises the maximum mean discrepancy between the races' features (Gretton et al., 2012; Li et al., 2018).

    Features are standardised and the bandwidths follow the median distance, so that neither scale nor size blinds it;
    the estimate is unbiased, so that a rare race is not further away for being rare. Conditional on the label, races
    are compared among the images of each label of each target, and what of race the disease itself tells may stay.
    """

    uses_race = "train"
    family = "alignment"
    year = 2018
    source = "Gretton et al., JMLR 2012; Li et al., CVPR 2018 (Domain generalization with adversarial feature learning)"
    deviations = "No autoencoder and no prior as in Li et al.; the unbiased estimate, pairs of races weighted by size."

    strength: float = tunable(1.0, low=0.1, high=10.0, log=True, help="γ, weight of the discrepancy")
    conditional: bool = tunable(False, help="compare within each label")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """MMD², averaged over pairs of races (and labels)."""
        kernel = gaussian_kernel(standardised(features))
        return mmd(kernel, strata(batch.targets, self.conditional), members(batch.groups, len(self.spec.groups)))
