"""Features that hold as little information on race as an adversary can see."""

from torch import Tensor

from bench.method import Auxiliary, Batch, masked_bce, tunable
from bench.method.pieces import Warmed, mean_where, mlp, race_loss


class Lnl(Warmed):
    """Learning not to learn (Kim et al., 2019, eq. 4): the encoder against a race classifier, by two terms.

    λ times the mean of Σ p log p makes the classifier unsure, μ times its cross-entropy, reversed, makes it wrong. The
    classifier descends on its cross-entropy alone.
    """

    uses_race = "train"
    family = "adversary"
    year = 2019
    source = "Kim et al., CVPR 2019 (arXiv:1812.10352)"
    deviations = "The classifier reads features, not maps, and steps several times for each of the encoder's."

    strength: float = tunable(0.1, low=1e-3, high=3.0, log=True, help="λ, weight of the entropy")
    reversal: float = tunable(0.1, low=0.01, high=3.0, log=True, help="μ, weight of the reversed cross-entropy")
    warmup: float = tunable(0.2, low=0.0, high=0.9, help="share of training over which both weights rise")
    adversary_lr: float = tunable(3e-3, low=1e-4, high=1e-2, log=True, help="the classifier's learning rate (AdamW)")
    adversary_steps: int = tunable(3, low=1, high=8, log=True, help="classifier steps for each encoder step")

    def build(self) -> None:
        """The race classifier."""
        network = mlp(self.features_size, len(self.spec.groups), width=256, depth=2)
        self.adversary = Auxiliary(network, self.adversary_lr)

    def loss(self, batch: Batch) -> Tensor:
        """ℓ + λ E[Σ p log p] - μ CE."""
        features = self.features(batch.images)
        for _ in range(self.adversary_steps):
            self.adversary.step(race_loss(self.adversary(features.detach()), batch.groups))
        said = self.adversary(features)
        log_p = said.log_softmax(1)
        known = (batch.groups >= 0).float()[:, None]
        negative_entropy = mean_where((log_p.exp() * log_p).sum(1, keepdim=True), known)
        against = self.strength * negative_entropy - self.reversal * race_loss(said, batch.groups)
        return masked_bce(self.classify(features), batch.targets) + self.ramp() * against
