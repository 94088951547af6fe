"""A network first, then a fresh head on its frozen features."""

from torch import Tensor

from bench.method import Method, TrainingSet, balanced_batches


class Example(Method):
    """Trains a network, then its head anew on batches in which every race is as frequent as the others."""

    family = "last-layer"
    year = 2020
    source = "Kang et al., ICLR 2020 (arXiv:1910.09217): classifier re-training"
    deviations = "Races take the place of classes."
    uses_race = "train"
    stages = (("features", 0.75), ("head", 0.25))

    def begin(self, stage: str, train: TrainingSet) -> None:
        """Before its stage the head is drawn anew, and the encoder held."""
        if stage == "head":
            self.backbone.requires_grad_(False).eval()
            self.head.reset_parameters()

    def batches(self, train: TrainingSet) -> Tensor | None:
        """In the second stage the same number of images of every race."""
        known = train.groups >= 0
        return balanced_batches(train, train.groups) if self.stage == "head" and known.any() else None
