"""How hard an image is, relative to how easy a biased network finds it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bench.method.batch import Batch, TrainingSet
from bench.method.pieces.memory import Memory


class RelativeDifficulty(nn.Module):
    """Weights ℓ_b / (ℓ_b + ℓ_d) of two networks' losses (Nam et al., 2020): large where the biased one fails alone.

    Each loss is a running average an image, over the largest of its class among all training images, so that a class
    which is easy for both is not forgotten. A target at a time; weights average 1 over a batch's known targets.
    """

    def __init__(self, decay: float) -> None:
        super().__init__()
        self.decay = decay
        #: Both running losses (N, 2, T); below 0 where there is none yet.
        self.losses = Memory(-1.0)
        self.targets = torch.empty(0)

    def prepare(self, train: TrainingSet) -> None:
        """Nothing has been learnt yet."""
        self.targets = train.targets
        self.losses.prepare(len(train.targets), 2, train.targets.shape[1])

    @torch.no_grad()
    def forward(self, batch: Batch, biased: Tensor, debiased: Tensor) -> Tensor:
        """Weights ``(B, T)`` from the losses ``(B, T)`` of this batch, which are taken into the averages."""
        now = torch.stack([biased, debiased], dim=1).float()
        before = self.losses.read(batch.index, now)
        running = torch.where(before < 0, now, self.decay * before + (1 - self.decay) * now)
        self.losses.write(batch.index, running)
        largest = torch.stack([self._largest(label, running, batch) for label in (0, 1)]).to(running)  # (2, 2, T)
        of_class = torch.where(batch.targets[:, None] == 1, largest[1], largest[0])
        easy, hard = (running / of_class.clamp(min=1e-8)).unbind(1)
        weights = easy / (easy + hard).clamp(min=1e-8)
        known = ~torch.isnan(batch.targets)
        return weights / ((weights * known).sum() / known.sum().clamp(min=1)).clamp(min=1e-8)

    def _largest(self, label: int, running: Tensor, batch: Batch) -> Tensor:
        """The largest running losses (2, T) of a class, over all images that are remembered and those of the batch."""
        values = torch.cat([self.losses.values, running.cpu()])
        targets = torch.cat([self.targets, batch.targets.cpu()])
        return torch.where((targets == label)[:, None], values, 0.0).amax(0)


def generalised(losses: Tensor, q: float) -> Tensor:
    """Losses ``(B, T)`` whose gradient is that of generalised cross-entropy, p^q ∇ℓ, p the true label's probability.

    Zhang and Sabuncu's (1 - p^q) / q has this gradient (NeurIPS 2018): what is found hard is learnt less from.
    """
    return torch.exp(-q * losses.detach()) * losses
