"""Features whose means and covariances are the same in all groups."""

from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised, coral, members, standardised, strata


class Coral(Penalised):
    """Penalises differences of means and covariances between the races' features (Sun & Saenko, 2016).

    ‖μ - μ'‖² / D + ‖C - C'‖² / 4D² of standardised features, estimated without bias, so that a rare race is not further
    away for being rare; averaged over pairs of races, which weigh by size. A race with fewer than four images in the
    batch is left out. Conditional on the label as in ``mmd``.
    """

    uses_race = "train"
    family = "alignment"
    year = 2016
    source = "Sun & Saenko, ECCV-W 2016 (arXiv:1607.01719)"
    deviations = "Means are aligned too, as in DomainBed; estimates without bias; features standardised."

    strength: float = tunable(1.0, low=0.1, high=10.0, log=True, help="γ, weight of the differences")
    conditional: bool = tunable(False, help="compare within each label")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """The differences, averaged over pairs of races (and labels)."""
        member = members(batch.groups, len(self.spec.groups))
        return coral(standardised(features), strata(batch.targets, self.conditional), member)
