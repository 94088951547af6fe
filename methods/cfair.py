"""Features from which race cannot be told among patients of one label, races and labels counting alike."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.method import Auxiliary, Batch, TrainingSet, masked_bce, tunable
from bench.method.pieces import Warmed, label_counts, mlp


class Cfair(Warmed):
    """An adversary for each label, on balanced errors (Zhao et al., 2020): equalised odds and accuracy parity together.

    The adversary of label y reads race among the images of that label, each race a weighing 1 / P(a | y); the diagnosis
    is weighed by 1 / P(y). Its gradient reaches the encoder reversed. Each target has its own two adversaries.
    """

    uses_race = "train"
    family = "adversary"
    year = 2020
    source = "Zhao et al., ICLR 2020 (arXiv:1910.07162)"
    deviations = (
        "Weights are 1 / P(a | y), where the authors' code takes 1 / P(y | a), and average 1; any number of races; "
        "batch norm before the adversaries, which step several times for each step of the encoder."
    )

    strength: float = tunable(0.1, low=0.01, high=10.0, log=True, help="μ, weight of the reversed gradient")
    warmup: float = tunable(0.2, low=0.0, high=0.9, help="share of training over which the strength rises")
    adversary_lr: float = tunable(3e-3, low=1e-4, high=1e-2, log=True, help="the adversaries' learning rate (AdamW)")
    adversary_steps: int = tunable(3, low=1, high=8, log=True, help="adversary steps for each encoder step")

    def build(self) -> None:
        """An adversary for each label of each target."""
        count = 2 * len(self.spec.targets)
        networks = [mlp(self.features_size, len(self.spec.groups), width=64, depth=2) for _ in range(count)]
        self.adversary = Auxiliary(_Beside(networks), self.adversary_lr)

    def prepare(self, train: TrainingSet) -> None:
        """1 / (G P(a | y)), (G, 2, T), and 1 / (2 P(y)), (2, T): weights that average 1; 0 for whom there is nobody."""
        counts = label_counts(train.targets, train.groups, len(self.spec.groups))
        races = (counts > 0).sum(0).clamp(min=1)
        of_race = torch.where(counts > 0, counts.sum(0) / (races * counts.clamp(min=1)), 0.0)
        labels = torch.stack([(train.targets == 0).sum(0), (train.targets == 1).sum(0)])
        of_label = torch.where(labels > 0, labels.sum(0) / ((labels > 0).sum(0) * labels.clamp(min=1)), 0.0)
        self.register_buffer("race_weights", of_race, persistent=False)
        self.register_buffer("label_weights", of_label, persistent=False)

    def loss(self, batch: Batch) -> Tensor:
        """Balanced diagnosis loss, plus the adversaries' loss through the gradient reversal."""
        features = self.features(batch.images)
        for _ in range(self.adversary_steps):
            self.adversary.step(self.race_error(features.detach(), batch))
        labels = batch.targets.nan_to_num(0.0).long()
        weights = self.get_buffer("label_weights")[labels, torch.arange(labels.shape[1], device=labels.device)]
        diagnosis = masked_bce(self.classify(features), batch.targets, weights)
        return diagnosis - self.strength * self.ramp() * self.race_error(features, batch)

    def race_error(self, features: Tensor, batch: Batch) -> Tensor:
        """Weighted cross-entropy of race, averaged over the images and targets for which race and label are known."""
        known = ~torch.isnan(batch.targets) & (batch.groups >= 0)[:, None]
        labels, columns = batch.targets.nan_to_num(0.0).long(), torch.arange(batch.targets.shape[1])
        columns = columns.to(labels.device)
        said = self.adversary(features).unflatten(1, (2, len(self.spec.targets)))  # (B, 2, T, G)
        said = said[torch.arange(len(labels), device=labels.device)[:, None], labels, columns]  # (B, T, G)
        races = batch.groups.clamp(min=0)
        losses = F.cross_entropy(said.flatten(0, 1), races.repeat_interleave(labels.shape[1]), reduction="none")
        weights = self.get_buffer("race_weights")[races[:, None], labels, columns] * known
        return (losses.view_as(weights) * weights).sum() / known.sum().clamp(min=1)


class _Beside(nn.Module):
    """Networks side by side on the same inputs: outputs ``(B, networks, G)``."""

    def __init__(self, networks: list[nn.Sequential]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.stack([network(inputs) for network in self.networks], dim=1)
