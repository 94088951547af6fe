"""Learning from failure: a second network learns what is easy, and the first learns what that one fails at."""

import copy

from torch import Tensor, nn

from bench.method import Auxiliary, Batch, Method, TrainingSet, bce_elements, tunable
from bench.method.pieces.difficulty import RelativeDifficulty, generalised


class Lff(Method):
    """Trains a biased network by generalised cross-entropy p^q ℓ, and the main one with weights ℓ_b / (ℓ_b + ℓ_d).

    p is the probability of the true label, ℓ_b and ℓ_d the losses of the biased and of the main network, each a running
    average an image, over the largest of its class. A target at a time; weights average 1 in the batch. No race is
    seen.
    """

    family = "worst-case"
    source = "Nam et al., NeurIPS 2020 (arXiv:2007.02561)"
    year = 2020
    deviations = "weights average 1; no factor q before p^q ℓ; the biased network begins with the same encoder"
    cost = 2.0

    q: float = tunable(0.7, low=0.05, high=0.95, help="how much the biased network keeps to what is easy")
    decay: float = tunable(0.7, low=0.0, high=0.99, help="of the running average of an image's losses")

    def build(self) -> None:
        """The biased network, and the running losses of both."""
        network = nn.Sequential(copy.deepcopy(self.backbone), nn.Linear(self.features_size, len(self.spec.targets)))
        self.biased = Auxiliary(network, self.lr)
        self.difficulty = RelativeDifficulty(self.decay)

    def prepare(self, train: TrainingSet) -> None:
        """Nothing has been learnt yet."""
        self.difficulty.prepare(train)

    def loss(self, batch: Batch) -> Tensor:
        """A step of the biased network, then the main one's weighted loss."""
        easy, known = bce_elements(self.biased(self.normalise(self.distort(batch.images))), batch.targets)
        hard, _ = bce_elements(self(batch.images), batch.targets)
        count = known.sum().clamp(min=1)
        self.biased.step(generalised(easy, self.q).sum() / count)
        weights: Tensor = self.difficulty(batch, easy.detach(), hard.detach())
        return (weights * hard).sum() / count
