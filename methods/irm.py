"""One head that is the best for every group at once."""

from torch import Tensor

from bench.method import Batch, bce_elements, tunable
from bench.method.pieces import Penalised, group_means, mean_where, members


class Irm(Penalised):
    """Penalises each race's squared slope of the loss in a factor w on the logits, at w = 1 (Arjovsky et al., 2019).

    Where it is 0 for every race, none would have the head scaled otherwise (IRMv1, eq. 7). With r = (σ(l) - y) l an
    image's slope, (E r)² is estimated without bias by the mean of r r' over all pairs of different images, which is
    what the authors' product of two half batches is on average. A race with one image says nothing. Targets apart.
    """

    uses_race = "train"
    family = "invariance"
    year = 2019
    source = "Arjovsky et al., 2019 (arXiv:1907.02893), eq. 7"
    deviations = "All pairs of a race's images, where the authors take two halves; λ rises, where theirs jumps."

    strength: float = tunable(100.0, low=0.1, high=1e5, log=True, help="λ, weight of the squared slopes")
    warmup: float = tunable(0.2, low=0.0, high=0.5, help="share of training over which the strength rises")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """((Σ r)² - Σ r²) / n(n - 1), averaged over the races and targets with two images of known label or more."""
        _, known = bce_elements(logits, batch.targets)
        logits = logits.float()
        slopes = (logits.sigmoid() - batch.targets.nan_to_num(0.0)) * logits
        member = members(batch.groups, len(self.spec.groups))
        mean, n = group_means(slopes, known, member)
        square, _ = group_means(slopes.square(), known, member)
        # (Σ r)² - Σ r² = n² mean² - n mean of squares, over n (n - 1)
        pairs = (n * mean.square() - square) / (n - 1).clamp(min=1)
        return mean_where(pairs, (n > 1).float())
