"""Features from which a race classifier is driven to guess."""

from torch import Tensor

from bench.method import Auxiliary, Batch, TrainingSet, masked_bce, tunable
from bench.method.pieces import Warmed, mean_where, members, mlp, race_loss


class UniformConfusion(Warmed):
    """A classifier learns race from the features; the encoder makes its answer the mere shares of the races.

    The encoder minimises the cross-entropy between the races' shares and what the classifier says (Tzeng et al., 2015;
    Alvi et al., 2018, who take uniform ones). At its minimum the classifier says the shares whatever the image;
    unlike a reversed gradient, it is not asked to be wrong.
    """

    uses_race = "train"
    family = "adversary"
    year = 2018
    source = "Alvi et al., ECCV-W 2018 (arXiv:1809.02169); Tzeng et al., ICCV 2015"
    deviations = "Towards the races' shares, not towards uniform; both networks step on every batch."

    strength: float = tunable(0.3, low=0.01, high=10.0, log=True, help="α, weight of the confusion")
    warmup: float = tunable(0.2, low=0.0, high=0.9, help="share of training over which the strength rises")
    adversary_lr: float = tunable(3e-3, low=1e-4, high=1e-2, log=True, help="the classifier's learning rate (AdamW)")
    adversary_steps: int = tunable(3, low=1, high=8, log=True, help="classifier steps for each encoder step")

    def build(self) -> None:
        """The race classifier."""
        network = mlp(self.features_size, len(self.spec.groups), width=256, depth=2)
        self.adversary = Auxiliary(network, self.adversary_lr)

    def prepare(self, train: TrainingSet) -> None:
        """The races' shares."""
        counts = members(train.groups, len(self.spec.groups)).sum(0)
        self.register_buffer("shares", counts / counts.sum().clamp(min=1), persistent=False)

    def loss(self, batch: Batch) -> Tensor:
        """Diagnosis loss, plus the confusion over the images whose race is known."""
        features = self.features(batch.images)
        for _ in range(self.adversary_steps):
            self.adversary.step(race_loss(self.adversary(features.detach()), batch.groups))
        confusion = -(self.adversary(features).log_softmax(1) * self.get_buffer("shares")).sum(1, keepdim=True)
        known = (batch.groups >= 0).float()[:, None]
        diagnosis = masked_bce(self.classify(features), batch.targets)
        return diagnosis + self.strength * self.ramp() * mean_where(confusion, known)
