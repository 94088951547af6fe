"""Fair feature distillation: every race's features are to be distributed as a teacher's are for all."""

import torch
from torch import Tensor

from bench.method import Batch, Method, TrainingSet, masked_bce, tunable
from bench.method.pieces import mean_where, members, pairwise_distances, strata
from bench.method.pieces.precision import in_float32
from bench.method.pieces.teachers import Teacher


class Mfd(Method):
    """Trains a teacher by ERM, then a student from scratch, with the loss ℓ + λ MMD²(teacher, student of race a).

    For every label and race, the student's features of the images of that race are compared with the teacher's of all
    images of that label: so races come together, and where the teacher can tell the disease. Gaussian kernels of
    2 s², s² the mean squared distance between teacher and student. Averaged over races, labels and targets.
    """

    uses_race = "train"
    family = "distillation"
    source = "Jung et al., CVPR 2021 (arXiv:2106.04411)"
    year = 2021
    deviations = "the unbiased MMD; the mean over cells for half their sum; teacher and student share the budget"
    stages = (("teacher", 0.5), ("student", 0.5))
    cost = 1.25  # the teacher's forward pass, in half of the steps

    strength: float = tunable(5.0, low=0.1, high=100.0, log=True, help="λ: weight of the discrepancy")

    def build(self) -> None:
        """The teacher, until there is one the network as it is."""
        self.teacher = Teacher(backbone=self.backbone)

    def begin(self, stage: str, train: TrainingSet) -> None:
        """Keep the teacher and begin anew."""
        if stage == "student":
            self.teacher = Teacher(backbone=self.backbone)
            self.restart(self.backbone, self.head)

    def loss(self, batch: Batch) -> Tensor:
        """ERM for the teacher; the discrepancy beside it for the student."""
        if self.stage == "teacher":
            return super().loss(batch)
        images = self.normalise(self.distort(batch.images))
        features = self.encode(images)
        with torch.no_grad():
            taught = self.teacher["backbone"](images)
        labels = strata(batch.targets, conditional=True)
        races = members(batch.groups, len(self.spec.groups)).T
        cells = (labels[:, None] * races).flatten(0, 1)
        discrepancy = discrepancies(taught, features, labels.repeat_interleave(len(races), dim=0), cells)
        return masked_bce(self.classify(features), batch.targets) + self.strength * discrepancy


@in_float32
def discrepancies(first: Tensor, second: Tensor, of_first: Tensor, of_second: Tensor) -> Tensor:
    """Mean over C comparisons of the unbiased MMD² between some rows of ``first (B, D)`` and some of ``second (B, D)``.

    ``of_first``, ``of_second``: ``(C, B)`` of 0 and 1, who is compared; comparisons of fewer than two on a side are
    left out.
    """
    n = len(first)
    squared = pairwise_distances(torch.cat([first, second.float()])).square()
    scale = squared[:n, n:].detach().mean().clamp(min=1e-12)
    kernel = torch.exp(-squared / (2.0 * scale)) * (1.0 - torch.eye(2 * n, device=first.device))
    # A row of `first` and the same row of `second` are of one image, and are compared like any other two.
    across = torch.exp(-squared[:n, n:] / (2.0 * scale))
    sizes = of_first.sum(1), of_second.sum(1)
    within = [
        torch.einsum("cb,bd,cd->c", of, part, of) / (size * (size - 1)).clamp(min=1)
        for of, part, size in zip((of_first, of_second), (kernel[:n, :n], kernel[n:, n:]), sizes, strict=True)
    ]
    between = torch.einsum("cb,bd,cd->c", of_first, across, of_second) / (sizes[0] * sizes[1]).clamp(min=1)
    present = (sizes[0] > 1) & (sizes[1] > 1)
    return mean_where(within[0] + within[1] - 2.0 * between, present.float())
