"""Fair supervised contrastive learning: images are told from others of their own race alone."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable
from bench.method.pieces.contrastive import Projection, contrastive


class Fscl(Method):
    """Learns features by contrast within races, then a head on the frozen features.

    An image is drawn to all of its label, whatever their race, and told from those of the other label of its own race:
    as race is the same for all of these, it does not help to tell them. FSCL+ (``group_norm``) lets every race × label
    count the same, however many images of it a batch holds. A target at a time, each with a projection of its own.

    While the encoder learns, the head learns beside it from the features as they stand, and shapes nothing.
    """

    uses_race = "train"
    family = "contrastive"
    source = "Park et al., CVPR 2022 (arXiv:2203.16209)"
    year = 2022
    deviations = (
        "one view of an image: positives are other images; an anchor with nobody to be told from is left out, where the"
        " authors' code counts it with log 1"
    )
    stages = (("encoder", 0.75), ("head", 0.25))
    cost = 0.875  # no backward pass through the encoder in the head's stage

    temperature: float = tunable(0.1, low=0.05, high=0.5, log=True, help="of the cosines")
    group_norm: bool = tunable(True, help="let every race × label count the same (FSCL+)")

    def build(self) -> None:
        """The projection that contrasts are made in; it is not part of the network that is scored."""
        self.projection = Projection(self.features_size, len(self.spec.targets))

    def begin(self, stage: str, train: TrainingSet) -> None:
        """Freeze what was learnt by contrast."""
        if stage == "head":
            self.backbone.requires_grad_(False).eval()
            self.projection.requires_grad_(False)

    def loss(self, batch: Batch) -> Tensor:
        """The mean contrast of the targets, and the head's loss."""
        if self.stage == "head":
            return super().loss(batch)
        features = self.features(batch.images)
        diagnosis = masked_bce(self.classify(features.detach()), batch.targets)
        embeddings = self.projection(features)
        contrasts = [self.contrast(e, y, batch.groups) for e, y in zip(embeddings, batch.targets.T, strict=True)]
        return diagnosis + torch.stack(contrasts).mean()

    def contrast(self, embeddings: Tensor, labels: Tensor, groups: Tensor) -> Tensor:
        """The loss of one target, from ``embeddings (B, P)``, ``labels (B,)`` and ``groups (B,)``."""
        alike, unlike = pairs(labels)
        same = (groups[:, None] == groups) & (groups >= 0)
        cell = (alike & same).sum(1)
        weights = torch.where(cell > 0, 1.0 / cell.clamp(min=1), 0.0) if self.group_norm else None
        return contrastive(embeddings, alike.float(), (unlike & same).float(), self.temperature, weights)

    def ready(self) -> bool:
        """The encoder's last epoch alone: the diagnosis is not to choose among its epochs."""
        return self.stage == "head" or self.progress >= 1.0


def pairs(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Which images have the same label as which, and which another, (B, B) both; unknown labels have neither."""
    known = ~torch.isnan(labels)
    both = known[:, None] & known
    alike = labels[:, None] == labels
    return alike & both, ~alike & both
