"""Scores whose distribution is the same in all groups."""

import torch
from torch import Tensor

from bench.method import Batch, tunable
from bench.method.pieces import Penalised, gaussian_kernel, members, mmd, standardised


class LogitMatching(Penalised):
    """Draws each race's logits towards everyone's among the images of a label (Pfohl et al., 2021; Prost et al., 2019).

    The logits of each target are compared alone, by their means or by all of their distribution (MMD). Conditional on
    the label it is equalised odds, else demographic parity. Logits are standardised, so that scale is no way out.
    """

    uses_race = "train"
    family = "alignment"
    year = 2021
    source = "Pfohl et al., J. Biomed. Inform. 2021 (arXiv:2007.10306); MinDiff: Prost et al., 2019 (arXiv:1910.11779)"
    deviations = "Logits, standardised; each race against each other one, of which everyone is a mixture."

    strength: float = tunable(1.0, low=0.1, high=100.0, log=True, help="λ, weight of the difference")
    distance: str = tunable("mmd", choices=("mmd", "mean"), help="what is matched: the distribution, or its mean")
    conditional: bool = tunable(True, help="compare within each label: equalised odds")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """The distance between races, averaged over pairs of them, labels and targets."""
        member = members(batch.groups, len(self.spec.groups))
        scores = standardised(logits)
        distances = []
        for score, labels in zip(scores.T, batch.targets.T, strict=True):
            of_label = torch.stack([labels == 0, labels == 1]) if self.conditional else torch.ones_like(labels)[None]
            kernel = gaussian_kernel(score[:, None]) if self.distance == "mmd" else score[:, None] * score
            distances.append(mmd(kernel, of_label.float(), member))
        return torch.stack(distances).mean()
