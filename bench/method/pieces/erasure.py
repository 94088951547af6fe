"""What methods share that take something out of the features of a trained network."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from bench.method.batch import Encoded
from bench.method.hyperparameters import tunable
from bench.method.method import Method
from bench.method.pieces.linear import logistic_regression, standardisation


class Eraser(Method):
    """Trains as ERM does, then takes an affine part out of the features: x ← x - (x - mean) R, for good.

    A method of this kind gives R. It is fitted on the features of the training images whose group is known: fitted on
    patients that race is then read from, it would look better than it is. Where there is one group only, R is 0. The
    head stays as it was trained, or is fitted anew on the erased features, by logistic regression.
    """

    uses_race = "train"
    family = "erasure"

    refit: bool = tunable(False, help="fit the head anew on the erased features")

    def build(self) -> None:
        """The mean and R, 0 until the network is trained, each the sum of two float32 parts."""
        size = self.features_size
        self.register_buffer("mean", torch.zeros(2, size))
        self.register_buffer("removal", torch.zeros(2, size, size))

    @abstractmethod
    def erase(self, features: Tensor, groups: Tensor, targets: Tensor) -> Tensor:
        """R ``(D, D) float64``.

        Args:
            features: (N, D) float64, of the training images whose group is known.
            groups: (N,) long, two groups or more.
            targets: (N, T), NaN for unknown.
        """

    def encode(self, images: Tensor) -> Tensor:
        """The features without what is erased; in training there is nothing to erase yet."""
        features = super().encode(images)
        return features if self.training else self.erased(features)

    def erased(self, features: Tensor) -> Tensor:
        """Features ``(B, D)`` without what is erased.

        In float64, and from float64's digits: R takes differences of numbers that are much larger than they, and what
        rounding leaves of race in a direction of little variance can be read there.
        """
        mean, removal = (self.get_buffer(name).cpu().double().sum(0) for name in ("mean", "removal"))
        wide = features.cpu().double()
        return (wide - (wide - mean) @ removal).to(features)

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Fit R, and the head again where that is asked for."""
        known = train.groups >= 0
        features, groups = train.features[known].double(), train.groups[known]
        if len(groups.unique()) < 2:
            return
        removal = self.erase(features, groups, train.targets[known])
        self.get_buffer("mean").copy_(_parts(features.mean(0)))
        self.get_buffer("removal").copy_(_parts(removal))
        if self.refit:
            shown = standardisation(self.erased(train.features))
            fit = logistic_regression(shown.features, train.targets, l2=1e-4)
            shown.undo(fit).copy_to(self.head)


def _parts(values: Tensor) -> Tensor:
    """What float32 holds of float64 values, and what it leaves: devices that know no float64 can keep them."""
    first = values.float()
    return torch.stack([first, (values - first.double()).float()])
