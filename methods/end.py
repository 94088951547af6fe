"""Features that fall apart within a race, and together across races of one label."""

import torch
from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised, mean_where, pairwise_cosines


class End(Penalised):
    """Entangles and disentangles (Tartaglione et al., 2021): pairs of one race orthogonal, of one label parallel.

    On features of length 1: α times the mean of |cos| over pairs of the same race, plus β times the mean of 1 - cos
    over pairs of different races and the same label. With several targets, over the pairs of all.
    """

    uses_race = "train"
    family = "disentanglement"
    year = 2021
    source = "Tartaglione et al., CVPR 2021 (arXiv:2103.02023)"
    deviations = (
        "Means over all pairs, whatever their order: the authors' code loses half of the pairs across races, and takes "
        "|mean cos| for mean |cos|."
    )

    alpha: float = tunable(0.1, low=0.01, high=5.0, log=True, help="α, weight of disentangling within a race")
    beta: float = tunable(0.1, low=0.01, high=5.0, log=True, help="β, weight of entangling across races")
    strength = 1.0

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """α mean |cos| + β mean (1 - cos)."""
        cosines = pairwise_cosines(features)
        known = (batch.groups >= 0)[:, None] & (batch.groups >= 0)
        same = batch.groups[:, None] == batch.groups
        apart = ~torch.eye(len(cosines), dtype=torch.bool, device=cosines.device)
        within = mean_where(cosines.abs(), (known & same & apart).float())
        labels = batch.targets.T  # NaN equals nothing
        alike = known & ~same & (labels[:, :, None] == labels[:, None])  # (T, B, B)
        across = mean_where((1 - cosines).expand(alike.shape), alike.float())
        return self.alpha * within + self.beta * across
