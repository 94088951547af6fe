"""Exponential moving average of the weights."""

from collections.abc import Mapping

from torch import Tensor

from bench.method import Method, WeightAverage, tunable


class Ema(Method):
    """Diagnoses, and is chosen, at an exponential average of the weights: m ← d m + (1 - d) w after every step.

    The decay d = 1 - 1 / (h S), with S the steps of training, so that the average reaches back a share h of it,
    whatever the budget; while it is young it reaches back less, d ≤ (1 + t) / (10 + t) at its t-th step. Statistics of
    batch norms are estimated anew. No race is seen.
    """

    family = "optimiser"
    source = "Polyak & Juditsky, SIAM J. Control and Optimization 1992; as used in Tarvainen & Valpola, NeurIPS 2017"
    year = 1992
    deviations = "the decay follows from a share of the budget"

    horizon: float = tunable(0.05, low=0.005, high=0.5, log=True, help="h: share of training it reaches back")

    def build(self) -> None:
        """The average."""
        self.average = WeightAverage(decay=0.0, backbone=self.backbone, head=self.head)

    def after_step(self) -> None:
        """Average."""
        steps = float(self.trainer.estimated_stepping_batches)
        age = float(self.average.get_buffer("updates"))
        self.average.decay = min(max(0.0, 1.0 - 1.0 / (self.horizon * steps)), (1.0 + age) / (10.0 + age))
        self.average.update(self)

    def averaged(self) -> Mapping[str, Tensor] | None:
        """The average, once there is one."""
        return self.average.weights()
