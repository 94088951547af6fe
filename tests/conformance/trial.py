"""The plugins of the trial that are not in ``methods/``: several tasks at once, and a generator of other images."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from bench.method import Auxiliary, Batch, Method, masked_bce, tunable


class MultiTask(Method):
    """Diagnoses, and tells sex and age group from the same features."""

    family = "penalty"
    year = 1997
    source = "Caruana, Machine Learning 1997 (doi:10.1023/A:1007379606734)"
    uses_attributes = ("sex", "age_group")

    weight: float = tunable(0.3, low=0.01, high=10.0, log=True, help="weight of the other tasks")

    def build(self) -> None:
        """A head an attribute, of as many classes as either can have."""
        self.heads = nn.ModuleDict({name: nn.Linear(self.features_size, 8) for name in self.uses_attributes})

    def loss(self, batch: Batch) -> Tensor:
        """The diagnosis's loss, and the mean cross-entropy of each attribute over images where it is known."""
        features = self.features(batch.images)
        loss = masked_bce(self.classify(features), batch.targets)
        for name, codes in batch.attributes.items():
            losses = F.cross_entropy(self.heads[name](features), codes, ignore_index=-1, reduction="sum")
            loss = loss + self.weight * losses / (codes >= 0).sum().clamp(min=1)
        return loss


class Obfuscator(Method):
    """A generator changes images so that a classifier cannot tell race, and as little as it can."""

    family = "adversary"
    year = 2018
    source = "Chen et al., WACV 2018 (arXiv:1710.09204)"
    deviations = "A small convolutional generator without noise; the diagnosis is trained on what it makes."
    uses_race = "train"
    cost = 4.0

    strength: float = tunable(0.1, low=0.01, high=10.0, log=True, help="weight of the race classifier's loss")
    likeness: float = tunable(10.0, low=0.1, high=100.0, log=True, help="weight of the squared change of pixels")

    def build(self) -> None:
        """The generator, which belongs to the network, and the classifier that it is trained against."""
        channels = self.spec.channels
        self.generator = nn.Sequential(
            nn.Conv2d(channels, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, channels, 3, padding=1)
        )
        reader = nn.Sequential(
            nn.Conv2d(channels, 8, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 8)
        )
        self.reader = Auxiliary(reader, 1e-3)

    def encode(self, images: Tensor) -> Tensor:
        """Features of the changed images."""
        return super().encode(images + self.generator(images))

    def loss(self, batch: Batch) -> Tensor:
        """A step of the classifier; then the diagnosis's loss, less the classifier's, and the change of pixels."""
        images = self.normalise(self.distort(batch.images))
        change = self.generator(images)
        changed = images + change
        self.reader.step(self._race_loss(changed.detach(), batch.groups))
        diagnosis = masked_bce(self.classify(super().encode(changed)), batch.targets)
        return (
            diagnosis - self.strength * self._race_loss(changed, batch.groups) + self.likeness * change.square().mean()
        )

    def _race_loss(self, images: Tensor, groups: Tensor) -> Tensor:
        losses = F.cross_entropy(self.reader(images), groups, ignore_index=-1, reduction="sum")
        return losses / (groups >= 0).sum().clamp(min=1)


PLUGINS: tuple[type[Method], ...] = (MultiTask, Obfuscator)
