"""Group distributionally robust optimisation: train for the group that fares worst."""

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, bce_elements, tunable


class GroupDro(Method):
    """Minimises the worst group's loss by weights that grow with each group's loss (Sagawa et al., 2020, Algorithm 1).

    Groups are races, or race × label: then every target has weights of its own that sum to 1, so that each counts the
    same, however rare. The weight of a group is multiplied by exp(η (loss + C / √n)), n its images in the training set;
    a group absent from a batch keeps its weight against the other absent ones. Images of unknown race belong to no
    group. The weights see training batches only and are part of the checkpoint.
    """

    uses_race = "train"
    family = "worst-case"
    year = 2020
    source = "Sagawa et al., ICLR 2020 (arXiv:1911.08731)"
    deviations = (
        "Several targets have a simplex of group weights each. The strong weight decay of "
        "the paper is left to the common hyperparameters."
    )

    eta: float = tunable(1e-2, low=1e-3, high=0.1, log=True, help="step size of the group weights")
    size_adjustment: float = tunable(0.0, choices=(0.0, 1.0, 2.0, 3.0), help="C: extra weight for small groups")
    by: str = tunable("race_label", choices=("race", "race_label"), help="what makes a group")

    def build(self) -> None:
        """Group weights (groups, labels, T), uniform at first; by ``race`` (groups, 1, 1)."""
        groups, targets = len(self.spec.groups), len(self.spec.targets)
        shape = (groups, 2, targets) if self.by == "race_label" else (groups, 1, 1)
        self.register_buffer("group_weights", torch.full(shape, 1.0 / (shape[0] * shape[1])))

    def prepare(self, train: TrainingSet) -> None:
        """C / √n of every group; groups that the training set lacks are left out of the maximum."""
        each = torch.ones_like(train.targets)
        if self.by == "race":  # an image counts once, however many of its targets are known
            each = each / (~torch.isnan(train.targets)).sum(1, keepdim=True).clamp(min=1)
        sizes = self._sums(each, train)
        adjustment = torch.where(sizes > 0, self.size_adjustment / sizes.clamp(min=1).sqrt(), 0.0)
        self.register_buffer("adjustment", adjustment, persistent=False)

    def loss(self, batch: Batch) -> Tensor:
        """Update the group weights on this batch's group losses, then weigh those losses by them."""
        losses, _ = bce_elements(self(batch.images), batch.targets)
        known = TrainingSet(batch.targets, batch.groups)
        sizes = self._sums(torch.ones_like(losses), known)
        group_losses = self._sums(losses, known) / sizes.clamp(min=1)
        weights = self.get_buffer("group_weights")
        with torch.no_grad():
            growth = torch.where(sizes > 0, self.eta * (group_losses + self.get_buffer("adjustment")), 0.0)
            weights.mul_(growth.exp())
            weights.div_(weights.sum((0, 1), keepdim=True))
        return (weights.clone() * group_losses).sum((0, 1)).mean()

    def _sums(self, values: Tensor, known: TrainingSet) -> Tensor:
        """Sums of ``values (B, T)`` over the known elements of each group, in the shape of the weights."""
        labels = torch.stack([known.targets == 0, known.targets == 1]).to(values.dtype)  # (2, B, T)
        groups = torch.arange(len(self.spec.groups), device=values.device)
        member = (known.groups[None] == groups[:, None]).to(values.dtype)  # (G, B)
        sums = torch.einsum("gb,lbt,bt->glt", member, labels, values)
        return sums if self.by == "race_label" else sums.sum((1, 2), keepdim=True)
