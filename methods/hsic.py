"""Features that no kernel sees race in."""

from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised, gaussian_kernel, hsic, members, standardised, strata


class Hsic(Penalised):
    """Penalises the Hilbert-Schmidt independence criterion between features and race (Gretton et al., 2005).

    The kernel of two images' features is Gaussian with the median bandwidth, that of their races is 1 for the same one.
    The estimate is unbiased (Song et al., 2012). Conditional on the label as in ``mmd``.
    """

    uses_race = "train"
    family = "alignment"
    year = 2005
    source = "Gretton et al., ALT 2005; as a penalty Quadrianto et al., CVPR 2019"
    deviations = "Unbiased estimate; features standardised."

    strength: float = tunable(10.0, low=0.1, high=100.0, log=True, help="λ, weight of the criterion")
    conditional: bool = tunable(False, help="compare within each label")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """HSIC over the images whose race is known."""
        member = members(batch.groups, len(self.spec.groups))
        stratum = strata(batch.targets, self.conditional) * member.sum(1)
        return hsic(gaussian_kernel(standardised(features)), member @ member.T, stratum)
