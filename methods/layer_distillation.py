"""Distillation in intermediate layers from a teacher that was trained where race tells nothing of disease."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bench.method import Batch, Method, TrainingSet, balanced_batches, bce_elements, masked_bce, tunable
from bench.method.backbones import blocks
from bench.method.pieces.teachers import Teacher, pooled_blocks


class LayerDistillation(Method):
    """Trains a specialist on batches balanced by race × label, then a student to be as sure as it, layer by layer.

    A probe, a linear layer on the mean over positions, diagnoses from every block of the encoder. The teacher's probes
    are trained on its blocks as they stand; the student's loss is ℓ + λ times the mean over blocks and output of
    KL(teacher ‖ student) between their probabilities, and reaches its encoder through its probes. Shortcuts that lie in
    texture and shortcuts that lie in a place show in different layers. An encoder whose blocks are unknown is taught by
    its output alone. Batches are balanced for one target after the other.
    """

    uses_race = "train"
    family = "distillation"
    source = "Boland, Tsaftaris & Dahdouh, MELBA 2025 (arXiv:2511.17421), from its abstract and summaries"
    year = 2025
    deviations = "the teacher sees balanced batches of all training images, where the paper has a small unbiased set"
    stages = (("teacher", 0.3), ("student", 0.7))
    cost = 1.35  # the teacher's forward pass, in 0.7 of the steps

    strength: float = tunable(1.0, low=0.01, high=10.0, log=True, help="λ: weight of the teacher's word")

    def build(self) -> None:
        """The probes, and the teacher, until there is one the network as it is."""
        self.probes = nn.ModuleList(nn.Linear(width, len(self.spec.targets)) for width in self._widths())
        self.teacher = self._teacher()

    def begin(self, stage: str, train: TrainingSet) -> None:
        """Keep the teacher and begin anew."""
        if stage == "student":
            self.teacher = self._teacher()
            self.restart(self.backbone, self.head, self.probes)

    def batches(self, train: TrainingSet) -> Tensor | None:
        """Balanced for the teacher, a target a batch in turn; as they come for the student."""
        cells = 2 * train.groups[:, None] + train.targets.nan_to_num(0.0).long()
        cells = torch.where((train.groups[:, None] >= 0) & ~torch.isnan(train.targets), cells, -1)
        able = [column for column in cells.T if 0 < len(column[column >= 0].unique()) <= train.batch_size]
        if self.stage == "student" or not able:
            return None
        by_target = [balanced_batches(train, column) for column in able]
        return torch.stack([by_target[number % len(able)][number] for number in range(train.batches)])

    def loss(self, batch: Batch) -> Tensor:
        """The losses of head and probes for the teacher; the teacher's word beside ℓ for the student."""
        images = self.normalise(self.distort(batch.images))
        features, seen = pooled_blocks(self.backbone, blocks(self.backbone), images)
        diagnosis = masked_bce(self.classify(features), batch.targets)
        if self.stage == "teacher":
            probes = [masked_bce(probe(x.detach()), batch.targets) for probe, x in zip(self.probes, seen, strict=True)]
            return diagnosis + sum(probes, start=diagnosis.new_zeros(()))
        student = [self.classify(features), *(probe(x) for probe, x in zip(self.probes, seen, strict=True))]
        with torch.no_grad():
            teacher = self._taught(images)
        words = [divergence(t, s) for t, s in zip(teacher, student, strict=True)]
        return diagnosis + self.strength * torch.stack(words).mean()

    def _widths(self) -> list[int]:
        """How many channels each block of the encoder puts out."""
        if not blocks(self.backbone):
            return []
        training, images = self.backbone.training, torch.zeros(1, self.spec.channels, *2 * [self.spec.image_size])
        with torch.no_grad():
            _, seen = pooled_blocks(self.backbone.eval(), blocks(self.backbone), self.normalise(images))
        self.backbone.train(training)
        return [block.shape[1] for block in seen]

    def _teacher(self) -> Teacher:
        return Teacher(backbone=self.backbone, head=self.head, probes=self.probes)

    def _taught(self, images: Tensor) -> list[Tensor]:
        """The teacher's logits, of its output and of every block."""
        encoder, probes = self.teacher["backbone"], self.teacher["probes"].children()
        features, seen = pooled_blocks(encoder, blocks(encoder), images)
        return [self.teacher["head"](features), *(probe(x) for probe, x in zip(probes, seen, strict=True))]


def divergence(teacher: Tensor, student: Tensor) -> Tensor:
    """Mean KL(teacher ‖ student) in nats of Bernoulli distributions, given by logits ``(B, T)``."""
    likely = teacher.float().sigmoid()
    return (bce_elements(student, likely)[0] - bce_elements(teacher, likely)[0]).mean()
