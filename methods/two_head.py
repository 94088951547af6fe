"""Two heads: group thresholds for a network that is not told race, by a second head that guesses it."""

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.method import Encoded, Method, tunable
from bench.method.pieces.linear import head_of, least_squares


class TwoHead(Method):
    """ERM, then a linear guess of race is added to every diagnosis, so that the rates of races come together.

    l ← l + Σ_g θ_g r_g(x), with r a linear regression of one-hot race on the training features. θ is searched, a target
    at a time, on held out patients: it maximises balanced accuracy less λ times the largest difference between two
    races' rates, at the threshold that was the best before. Both are linear in the features, so that the sum is one
    head again. It works as well as race can be read: what it equalises, it equalises by race.
    """

    uses_race = "train"
    uses_held_out = True
    family = "post-processing"
    source = "Delaney et al., OxonFair, NeurIPS 2024 (arXiv:2407.13710)"
    year = 2024
    deviations = "θ by coordinate search on a penalised objective, where OxonFair enumerates a frontier"

    criterion: str = tunable(
        "equal_opportunity",
        choices=("equal_opportunity", "predictive_equality", "demographic_parity"),
        help="which rate is made equal",
    )
    strength: float = tunable(1.0, low=0.1, high=10.0, log=True, help="λ: weight of the difference between races")

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Add the guess of race to the head."""
        assert held_out is not None
        known = train.groups >= 0
        onehot = F.one_hot(train.groups[known], len(self.spec.groups)).double()
        guess, head = least_squares(train.features[known], onehot), head_of(self.head)
        races = guess(held_out.features)
        for target in range(len(self.spec.targets)):
            used = (held_out.groups >= 0) & ~torch.isnan(held_out.targets[:, target])
            groups, labels = held_out.groups[used], held_out.targets[used, target]
            if len(groups.unique()) > 1 and len(labels.unique()) == 2:
                theta = self._search(head(held_out.features)[used, target], labels, groups, races[used])
                head.weight[target] += theta @ guess.weight
                head.bias[target] += theta @ guess.bias
        head.copy_to(self.head)

    def _search(self, scores: Tensor, labels: Tensor, groups: Tensor, races: Tensor) -> Tensor:
        """θ (K,), a coordinate at a time, in steps that get finer; 0 where nothing is better."""
        zero = torch.zeros(races.shape[1], dtype=torch.float64)
        cuts = scores.quantile(torch.linspace(0.01, 0.99, 99, dtype=torch.float64))
        threshold = max(cuts, key=lambda cut: self._worth(scores - cut, labels, groups, 0.0))
        best, theta = self._worth(scores - threshold, labels, groups, self.strength), zero
        for width in (3.0, 1.0, 0.3):
            for coordinate in range(len(theta)):
                for step in torch.linspace(-width, width, 21, dtype=torch.float64) * scores.std():
                    tried = theta.clone()
                    tried[coordinate] += step
                    worth = self._worth(scores - threshold + races @ tried, labels, groups, self.strength)
                    if worth > best:
                        best, theta = worth, tried
        return theta

    def _worth(self, margins: Tensor, labels: Tensor, groups: Tensor, strength: float) -> float:
        """Balanced accuracy at 0 less the weighted difference of rates between races."""
        decided = (margins >= 0).double()
        among = {"equal_opportunity": labels == 1, "predictive_equality": labels == 0}.get(self.criterion, labels >= 0)
        rates = [decided[among & (groups == code)].mean() for code in groups[among].unique()]
        accuracy = (decided[labels == 1].mean() + 1.0 - decided[labels == 0].mean()) / 2
        gap = max(rates) - min(rates)
        return float(accuracy - strength * gap)
