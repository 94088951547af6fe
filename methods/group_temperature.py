"""Group temperature: the logits of each race are scaled so that they are calibrated in it."""

import torch
from torch import Tensor

from bench.method import Encoded, Method, tunable
from bench.method.pieces.linear import logistic_regression


class GroupTemperature(Method):
    """ERM, then the logits of every race and target are scaled, and by default shifted, to be calibrated held out.

    l ← a l + b, with a and b of the greatest likelihood (Platt scaling) or b = 0 (temperature scaling, a = 1 / T). A
    race without both classes of a target is left as it was, and so is unknown race. Ranks within a race stay what they
    were unless a is negative; ranks across races change. The features stay ERM's. Race has to be told to diagnose.
    """

    uses_race = "test"
    uses_held_out = True
    family = "post-processing"
    source = "Platt 1999; Guo et al., ICML 2017 (arXiv:1706.04599); by group as in Pleiss et al., NeurIPS 2017"
    year = 2017
    deviations = "one scale a race and target; a ridge of 1e-6 keeps it finite where a race is separated"

    shift: bool = tunable(True, help="fit a shift as well")

    def build(self) -> None:
        """Scales and shifts (groups + 1, T); the last row is for unknown race."""
        shape = (len(self.spec.groups) + 1, len(self.spec.targets))
        self.register_buffer("scales", torch.ones(shape))
        self.register_buffer("shifts", torch.zeros(shape))

    def classify(self, features: Tensor, groups: Tensor) -> Tensor:  # type: ignore[override]
        """The logits of ERM, scaled and shifted by race."""
        logits: Tensor = self.head(features)
        return logits * self.get_buffer("scales")[groups] + self.get_buffer("shifts")[groups]

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Fit scales and shifts."""
        assert held_out is not None
        for target in range(len(self.spec.targets)):
            logits, labels = held_out.logits[:, target, None].double(), held_out.targets[:, target]
            for group in range(len(self.spec.groups)):
                mine = (held_out.groups == group) & ~torch.isnan(labels)
                if len(labels[mine].unique()) < 2:
                    continue
                x, y = logits[mine], labels[mine, None]
                fit = logistic_regression(x, y, l2=1e-6, intercept=self.shift)
                self.get_buffer("scales")[group, target] = fit.weight.item()
                self.get_buffer("shifts")[group, target] = fit.bias.item()
