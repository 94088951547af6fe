"""Race hidden from one linear classifier only."""

from bench.builtin.methods.adversarial import Adversarial
from torch import nn

from bench.method import Auxiliary


class LinearAdversary(Adversarial):
    """Gradient reversal against a linear adversary: whatever is coded nonlinearly is none of its business."""

    uses_race = "train"

    def build(self) -> None:
        """The adversary: linear, on the features as they are."""
        inputs = self.features_size + (2 * len(self.spec.targets) if self.conditional else 0)
        self.adversary = Auxiliary(nn.Linear(inputs, len(self.spec.groups)), self.adversary_lr)
