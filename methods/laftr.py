"""Features from which race cannot be told, with every race, or race × label, counting alike."""

import torch
from torch import Tensor

from bench.method import Auxiliary, Batch, masked_bce, tunable
from bench.method.pieces import Warmed, group_means, mean_where, members, mlp


class Laftr(Warmed):
    """An adversary guesses race; its gain is the mean over groups of how right it is (Madras et al., 2018).

    Its error on an image is 1 - p̂ of the true race, which for two races is the paper's |â - a|, averaged within each
    race (demographic parity) or race × label (equalised odds, where it sees the labels; equal opportunity: positives
    only), then over groups. It descends on the error, the encoder ascends. With several targets they are averaged.
    """

    uses_race = "train"
    family = "adversary"
    year = 2018
    source = "Madras et al., ICML 2018 (arXiv:1802.06309)"
    deviations = "Any number of races, by a softmax; no decoder; batch norm before the adversary."

    strength: float = tunable(0.5, low=0.01, high=5.0, log=True, help="γ, the fair coefficient")
    warmup: float = tunable(0.2, low=0.0, high=0.9, help="share of training over which the strength rises")
    criterion: str = tunable(
        "demographic_parity",
        choices=("demographic_parity", "equalized_odds", "equal_opportunity"),
        help="what is to be equal, so in which groups the error is averaged",
    )
    adversary_lr: float = tunable(3e-3, low=1e-4, high=1e-2, log=True, help="the adversary's learning rate (AdamW)")
    adversary_steps: int = tunable(3, low=1, high=8, log=True, help="adversary steps for each encoder step")

    def build(self) -> None:
        """The adversary; for equalised odds it sees the labels and which of them are known."""
        extra = 2 * len(self.spec.targets) if self.criterion == "equalized_odds" else 0
        network = mlp(self.features_size + extra, len(self.spec.groups), width=256, depth=2)
        self.adversary = Auxiliary(network, self.adversary_lr)

    def loss(self, batch: Batch) -> Tensor:
        """Diagnosis loss less γ times the adversary's error."""
        features = self.features(batch.images)
        for _ in range(self.adversary_steps):
            self.adversary.step(self.error(features.detach(), batch))
        diagnosis = masked_bce(self.classify(features), batch.targets)
        return diagnosis - self.strength * self.ramp() * self.error(features, batch)

    def error(self, features: Tensor, batch: Batch) -> Tensor:
        """Mean over the groups that the batch holds of the mean of 1 - p̂(a | z) within them."""
        targets = batch.targets
        if self.criterion == "equalized_odds":
            features = torch.cat([features, targets.nan_to_num(0.0), (~torch.isnan(targets)).float()], dim=1)
        member = members(batch.groups, len(self.spec.groups))
        errors = 1 - (self.adversary(features).softmax(1) * member).sum(1, keepdim=True)
        sets = {
            "demographic_parity": torch.ones_like(errors),
            "equalized_odds": torch.cat([targets == 0, targets == 1], dim=1),
            "equal_opportunity": targets == 1,
        }[self.criterion]
        means, sizes = group_means(errors, sets, member)
        return mean_where(means, (sizes > 0).float())
