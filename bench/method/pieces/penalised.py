"""Methods of the form diagnosis loss + strength × penalty, and strengths that rise over a warm-up."""

from __future__ import annotations

from torch import Tensor

from bench.method.batch import Batch
from bench.method.losses import masked_bce
from bench.method.method import Method


class Warmed(Method):
    """A method whose strength rises linearly over the first ``warmup`` share of training.

    It rises where papers let it jump, so that no optimiser has to forget what it saw before the jump. Epochs before
    its end are ERM by another name and are not chosen as the best.
    """

    warmup: float = 0.0

    def ramp(self) -> float:
        """What the strength is multiplied by now, 0 … 1."""
        return min(1.0, self.progress / self.warmup) if self.warmup > 0 else 1.0

    def ready(self) -> bool:
        """Whether the warm-up is over."""
        return self.warmup <= 0 or self.progress >= self.warmup


class Penalised(Warmed):
    """Diagnosis loss + ``strength`` × :meth:`penalty`, the strength rising over a warm-up where there is one.

    Whoever builds on it declares ``strength`` as a tunable.
    """

    strength: float

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        """The scalar that is penalised, from ``features (B, D)`` and ``logits (B, T)`` of a batch."""
        raise NotImplementedError

    def loss(self, batch: Batch) -> Tensor:
        """Mean binary cross-entropy plus the penalty."""
        features = self.features(batch.images)
        logits = self.classify(features)
        penalty = self.penalty(features, logits, batch)
        return masked_bce(logits, batch.targets) + self.strength * self.ramp() * penalty
