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
        """The mean and R, 0 until the network is trained."""
        size = self.features_size
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("removal", torch.zeros(size, size))

    @abstractmethod
    def erase(self, features: Tensor, groups: Tensor, targets: Tensor) -> Tensor:
        """R ``(D, D) float64``.

        Args:
            features: (N, D) float64, of the training images whose group is known.
            groups: (N,) long, two groups or more.
            targets: (N, T), NaN for unknown.
        """

    def encode(self, images: Tensor) -> Tensor:
        """The features without what is erased."""
        features = super().encode(images)
        return features - (features - self.get_buffer("mean")) @ self.get_buffer("removal")

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Fit R, and the head again where that is asked for."""
        known = train.groups >= 0
        features, groups = train.features[known].double(), train.groups[known]
        if len(groups.unique()) < 2:
            return
        mean, removal = features.mean(0), self.erase(features, groups, train.targets[known])
        self.get_buffer("mean").copy_(mean)
        self.get_buffer("removal").copy_(removal)
        if self.refit:
            everyone = train.features.double()
            erased = standardisation(everyone - (everyone - mean) @ removal)
            fit = logistic_regression(erased.features, train.targets, l2=1e-4)
            erased.undo(fit).copy_to(self.head)
