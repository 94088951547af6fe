"""Environment inference for invariant learning: groups are inferred from what plain training gets wrong."""

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, bce_elements, masked_bce, tunable
from bench.method.pieces.memory import Memory


class Eiil(Method):
    """ERM; then two environments in which it is as far as can be from its best; then group DRO over them, from scratch.

    Environments maximise (Σ_i q_i g_i)² + (Σ_i (1 - q_i) g_i)², with g_i = (σ(l_i) - y_i) l_i the slope of image i's
    loss in a scale of ERM's logits: the IRM penalty. That is largest where all positive slopes are in one environment
    and all negative ones in the other, which needs no search. Slopes are positive where ERM is wrong. Groups are
    environment × label, weighed as by group DRO, a target at a time. No race is seen.
    """

    family = "worst-case"
    source = "Creager, Jacobsen & Zemel, ICML 2021 (arXiv:2010.07249)"
    year = 2021
    deviations = "environments in closed form, which the authors approach by gradients; logits as last seen in training"
    stages = (("reference", 0.5), ("train", 0.5))

    eta: float = tunable(1e-2, low=1e-3, high=0.1, log=True, help="step size of the groups' weights")

    def build(self) -> None:
        """The reference network's slopes, (N, T), and the weights of environment × label, (2, 2, T)."""
        self.slopes = Memory()
        self.register_buffer("group_weights", torch.full((2, 2, len(self.spec.targets)), 0.25))

    def prepare(self, train: TrainingSet) -> None:
        """No slope is known yet."""
        self.slopes.prepare(*train.targets.shape)

    def begin(self, stage: str, train: TrainingSet) -> None:
        """Back to the beginning, with the environments in mind."""
        if stage == "train":
            self.restart(self.backbone, self.head)

    def loss(self, batch: Batch) -> Tensor:
        """Plain for the reference; then the groups' losses, by weights that grow with them."""
        logits = self(batch.images)
        if self.stage == "reference":
            self.slopes.write(batch.index, (logits.sigmoid() - batch.targets.nan_to_num(0.5)) * logits)
            return masked_bce(logits, batch.targets)
        losses, _ = bce_elements(logits, batch.targets)
        wrong = environments(self.slopes.read(batch.index, losses))
        member = torch.stack([torch.stack([(wrong == e) & (batch.targets == y) for y in (0, 1)]) for e in (0, 1)])
        sizes = member.sum(2)
        means = (member * losses).sum(2) / sizes.clamp(min=1)
        weights = self.get_buffer("group_weights")
        with torch.no_grad():
            weights.mul_(torch.where(sizes > 0, self.eta * means, 0.0).exp())
            weights.div_(weights.sum((0, 1)))
        return (weights.clone() * means).sum((0, 1)).mean()


def environments(slopes: Tensor) -> Tensor:
    """The environment of each image, 0 or 1, in which the penalty of the reference network is largest."""
    return (slopes > 0).long()
