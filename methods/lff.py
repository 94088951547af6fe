"""Learning from failure: a second network learns what is easy, and the first learns what that one fails at."""

import copy

import torch
from torch import Tensor, nn

from bench.method import Auxiliary, Batch, Method, TrainingSet, bce_elements, tunable
from bench.method.pieces.memory import Memory


class Lff(Method):
    """Trains a biased network by generalised cross-entropy p^q ℓ, and the main one with weights ℓ_b / (ℓ_b + ℓ_d).

    p is the probability of the true label, ℓ_b and ℓ_d the losses of the biased and of the main network, each a running
    average an image, over the largest of its class. A target at a time; weights are scaled to average 1 in the batch.
    No race is seen.
    """

    family = "worst-case"
    source = "Nam et al., NeurIPS 2020 (arXiv:2007.02561)"
    year = 2020
    deviations = "weights average 1; no factor q before p^q ℓ; the biased network begins with the same encoder"
    cost = 2.0

    q: float = tunable(0.7, low=0.05, high=0.95, help="how much the biased network keeps to what is easy")
    decay: float = tunable(0.7, low=0.0, high=0.99, help="of the running average of an image's losses")

    def build(self) -> None:
        """The biased network, and the running losses of both, (N, 2, T); below 0 where there is none yet."""
        network = nn.Sequential(copy.deepcopy(self.backbone), nn.Linear(self.features_size, len(self.spec.targets)))
        self.biased = Auxiliary(network, self.lr)
        self.losses = Memory(-1.0)

    def prepare(self, train: TrainingSet) -> None:
        """Nothing has been learnt yet."""
        self.labels = train.targets
        self.losses.prepare(len(train.targets), 2, train.targets.shape[1])

    def loss(self, batch: Batch) -> Tensor:
        """A step of the biased network, then the main one's weighted loss."""
        easy, _ = bce_elements(self.biased(self.normalise(self.distort(batch.images))), batch.targets)
        hard, known = bce_elements(self(batch.images), batch.targets)
        likely = torch.exp(-easy.detach())
        self.biased.step((likely**self.q * easy).sum() / known.sum().clamp(min=1))
        weights = self._weights(batch, torch.stack([easy.detach(), hard.detach()], dim=1), known)
        return (weights * hard).sum() / known.sum().clamp(min=1)

    def _weights(self, batch: Batch, now: Tensor, known: Tensor) -> Tensor:
        """Relative difficulty (B, T) of this batch's images, from running losses (B, 2, T)."""
        before = self.losses.read(batch.index, now)
        running = torch.where(before < 0, now, self.decay * before + (1 - self.decay) * now)
        self.losses.write(batch.index, running)
        largest = torch.stack([self._largest(label, running, batch) for label in (0, 1)]).to(running)  # (2, 2, T)
        of_class = torch.where(batch.targets[:, None] == 1, largest[1], largest[0])
        easy, hard = (running / of_class.clamp(min=1e-8)).unbind(1)
        weights = easy / (easy + hard).clamp(min=1e-8)
        return weights / ((weights * known).sum() / known.sum().clamp(min=1)).clamp(min=1e-8)

    def _largest(self, label: int, running: Tensor, batch: Batch) -> Tensor:
        """The largest running losses (2, T) of a class, over all images that are remembered and those of the batch."""
        values, labels = torch.cat([self.losses.values, running.cpu()]), torch.cat([self.labels, batch.targets.cpu()])
        return torch.where((labels == label)[:, None], values, 0.0).amax(0)
