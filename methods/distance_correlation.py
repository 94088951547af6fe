"""Features whose distances say nothing of race."""

from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised, distance_correlation, members, pairwise_distances, standardised, strata


class DistanceCorrelation(Penalised):
    """Penalises the squared distance correlation between features and race, bias-corrected (Székely & Rizzo, 2014).

    It is 0 only where the two are independent. Conditional on the label as in ``mmd``.
    """

    uses_race = "train"
    family = "alignment"
    year = 2014
    source = "Székely & Rizzo, Annals of Statistics 2014; as a penalty Zhen et al., ECCV 2022 (arXiv:2207.09684)"
    deviations = "Bias-corrected and not rooted; features standardised."

    strength: float = tunable(1.0, low=0.01, high=100.0, log=True, help="λ, weight of the correlation")
    conditional: bool = tunable(False, help="compare within each label")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """The correlation over the images whose race is known."""
        member = members(batch.groups, len(self.spec.groups))
        stratum = strata(batch.targets, self.conditional) * member.sum(1)
        return distance_correlation(pairwise_distances(standardised(features)), pairwise_distances(member), stratum)
