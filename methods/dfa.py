"""Disentangled feature augmentation: easy features of one image are joined with the hard ones of another."""

import copy

import torch
from torch import Tensor, nn

from bench.method import Batch, Method, TrainingSet, bce_elements, tunable
from bench.method.pieces.difficulty import RelativeDifficulty, generalised


class Dfa(Method):
    """Learns z_b, what is easy, and z_i, what is left, by two encoders, then swaps z_b between images.

    Both heads read z = [z_i, z_b], and each teaches its own half alone. The head of z_b learns by generalised
    cross-entropy, the other with the weights of learning from failure. After a warm-up z_b is dealt out anew within the
    batch, and the heads learn from that too: the one the label of z_i, at its weight, the other the label of z_b, so
    that what goes with a label in most images is not to be relied on. All of z is scored for race. No race is seen.
    """

    family = "disentanglement"
    source = "Lee et al., NeurIPS 2021 (arXiv:2107.01372)"
    year = 2021
    deviations = "the swap begins after a share of the budget; weights average 1; no factor q before p^q ℓ"
    cost = 2.0

    q: float = tunable(0.7, low=0.05, high=0.95, help="how much the biased half keeps to what is easy")
    decay: float = tunable(0.7, low=0.0, high=0.99, help="of the running average of an image's losses")
    biased: float = tunable(1.0, low=0.1, high=10.0, log=True, help="λ: weight of the biased head's loss")
    swap: float = tunable(1.0, low=0.1, high=10.0, log=True, help="weight of the losses after the swap")
    warmup: float = tunable(0.3, low=0.0, high=0.9, help="share of training before the swap begins")

    def build(self) -> None:
        """A second encoder, two heads on both, and the running losses."""
        self.easy_encoder = copy.deepcopy(self.backbone)
        self.head, self.easy_head = (nn.Linear(2 * self.features_size, len(self.spec.targets)) for _ in range(2))
        self.difficulty = RelativeDifficulty(self.decay)

    def prepare(self, train: TrainingSet) -> None:
        """Nothing has been learnt yet."""
        self.difficulty.prepare(train)

    def encode(self, images: Tensor) -> Tensor:
        """[z_i, z_b], (B, 2 D)."""
        return torch.cat([self.backbone(images), self.easy_encoder(images)], dim=1)

    def loss(self, batch: Batch) -> Tensor:
        """The two heads' losses, and those after the swap."""
        hard, easy = self.features(batch.images).chunk(2, dim=1)
        of_hard, known = bce_elements(self.head(torch.cat([hard, easy.detach()], 1)), batch.targets)
        of_easy, _ = bce_elements(self.easy_head(torch.cat([hard.detach(), easy], 1)), batch.targets)
        weights: Tensor = self.difficulty(batch, of_easy.detach(), of_hard.detach())
        total = weights * of_hard + self.biased * generalised(of_easy, self.q)
        loss = total.sum() / known.sum().clamp(min=1)
        if not self.ready():
            return loss
        order = torch.randperm(len(easy), device=easy.device)
        of_hard, known = bce_elements(self.head(torch.cat([hard, easy[order].detach()], 1)), batch.targets)
        of_easy, there = bce_elements(self.easy_head(torch.cat([hard.detach(), easy[order]], 1)), batch.targets[order])
        swapped = (weights * of_hard).sum() / known.sum().clamp(min=1)
        swapped = swapped + self.biased * generalised(of_easy, self.q).sum() / there.sum().clamp(min=1)
        return loss + self.swap * swapped

    def ready(self) -> bool:
        """Whether the swap has begun."""
        return self.progress >= self.warmup
