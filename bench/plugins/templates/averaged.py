"""The mean of the weights along the way is what is used."""

from collections.abc import Mapping

from torch import Tensor

from bench.method import Method, WeightAverage, tunable


class Example(Method):
    """Averages weights over the steps of the last part of training."""

    family = "optimiser"
    year = 2018
    source = "Izmailov et al., UAI 2018 (arXiv:1803.05407): stochastic weight averaging"
    deviations = "The common one-cycle schedule in the place of a constant or cyclical one; averaged every step."
    cost = 1.1

    begins: float = tunable(0.5, low=0.1, high=0.9, help="share of training after which averaging begins")

    def build(self) -> None:
        """The average of encoder and head."""
        self.average = WeightAverage(backbone=self.backbone, head=self.head)

    def after_step(self) -> None:
        """Take the weights into the average."""
        if self.progress >= self.begins:
            self.average.update(self)

    def averaged(self) -> Mapping[str, Tensor] | None:
        """The average; before it begins the weights as they are."""
        return self.average.weights()

    def ready(self) -> bool:
        """Not before there is an average."""
        return self.average.weights() is not None
