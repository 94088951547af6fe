"""Correct-n-contrast: images of one label that plain training told apart are drawn together."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable
from bench.method.pieces.contrastive import Projection, contrastive
from bench.method.pieces.memory import Memory


class Cnc(Method):
    """Trains by ERM, then anew with the loss λ contrast + (1 - λ) ℓ, the contrast going by ERM's decisions.

    An image is drawn to those of its label that ERM decided otherwise on, and told from those of the other label that
    it decided alike on, since these share what it went by. Decisions are those of the last pass of ERM's training. A
    target at a time. No race is seen.
    """

    family = "contrastive"
    source = "Zhang et al., ICML 2022 (arXiv:2203.01517)"
    year = 2022
    deviations = "pairs are those of each batch, where the authors compose batches of anchors, positives and negatives"
    stages = (("identify", 0.5), ("train", 0.5))

    weight: float = tunable(0.75, low=0.1, high=0.95, help="λ: weight of the contrast")
    temperature: float = tunable(0.1, low=0.05, high=0.5, log=True, help="of the cosines")

    def build(self) -> None:
        """The projection, and the first network's decisions (N, T), ½ where there is none."""
        self.projection = Projection(self.features_size, len(self.spec.targets))
        self.decisions = Memory(0.5)

    def prepare(self, train: TrainingSet) -> None:
        """Nothing is decided yet."""
        self.decisions.prepare(*train.targets.shape)

    def begin(self, stage: str, train: TrainingSet) -> None:
        """Back to the beginning, with the decisions in mind."""
        if stage == "train":
            self.restart(self.backbone, self.head, self.projection)

    def loss(self, batch: Batch) -> Tensor:
        """Plain while decisions are made, then with the contrast."""
        features = self.features(batch.images)
        logits = self.classify(features)
        diagnosis = masked_bce(logits, batch.targets)
        if self.stage == "identify":
            self.decisions.write(batch.index, logits > 0)
            return diagnosis
        decided = self.decisions.read(batch.index, batch.targets)
        contrasts = [
            self.contrast(*one) for one in zip(self.projection(features), batch.targets.T, decided.T, strict=True)
        ]
        return self.weight * torch.stack(contrasts).mean() + (1.0 - self.weight) * diagnosis

    def contrast(self, embeddings: Tensor, labels: Tensor, decided: Tensor) -> Tensor:
        """The loss of one target, from ``embeddings (B, P)``, ``labels (B,)`` and decisions ``(B,)``."""
        known = ~torch.isnan(labels) & (decided != 0.5)
        both = known[:, None] & known
        alike, together = labels[:, None] == labels, decided[:, None] == decided
        positives, negatives = both & alike & ~together, both & ~alike & together
        return contrastive(embeddings, positives.float(), (positives | negatives).float(), self.temperature)
