"""Stochastic weight averaging: the mean of the weights along the last part of training."""

from collections.abc import Mapping

from torch import Tensor

from bench.method import Closure, Method, WeightAverage, tunable


class Swa(Method):
    """Averages the weights of the last part of training, during which the learning rate stays what it was set to.

    After every step (dense, as SWAD does) or every epoch, all alike. Statistics of batch norms are estimated anew.
    SWAD itself also chooses where averaging begins and ends by the validation loss, which no method is shown here; the
    best epoch chooses the end. No race is seen.
    """

    family = "optimiser"
    source = "Izmailov et al., UAI 2018 (arXiv:1803.05407); dense as in Cha et al., NeurIPS 2021 (arXiv:2102.08604)"
    year = 2018
    deviations = "averages after every step by default; a constant learning rate within the common schedule"

    start: float = tunable(0.5, low=0.1, high=0.9, help="share of training after which averaging begins")
    swa_lr: float = tunable(0.2, low=0.01, high=1.0, log=True, help="learning rate then, as a share of the peak")
    dense: bool = tunable(True, help="average after every step, not after every epoch")

    def build(self) -> None:
        """The average."""
        self.average = WeightAverage(backbone=self.backbone, head=self.head)

    def step(self, closure: Closure) -> None:
        """A plain step, at the constant learning rate once averaging has begun."""
        closure()
        if self.ready():
            for group in self.optimizer.param_groups:
                group["lr"] = self.swa_lr * self.lr
        self.optimizer.step()

    def after_step(self) -> None:
        """Average."""
        if self.dense and self.ready():
            self.average.update(self)

    def after_epoch(self) -> None:
        """Average."""
        if not self.dense and self.ready():
            self.average.update(self)

    def averaged(self) -> Mapping[str, Tensor] | None:
        """The average, once there is one."""
        return self.average.weights()

    def ready(self) -> bool:
        """Whether averaging has begun."""
        return self.progress > self.start
