"""Methods with a fault each, for the conformance test to name."""

from __future__ import annotations

import sys
import time
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from bench.method import Batch, Closure, Method, TrainingSet, masked_bce, tunable
from bench.task import Cohort


class Sound(Method):
    """Plain training that says what it is: without a fault."""

    family = "penalty"
    year = 2026
    source = "none: a method for tests"


class Unnamed(Sound):
    """Says nothing of where it comes from."""

    source = ""


class Unexplained(Sound):
    """Has a hyperparameter that nobody explains."""

    strength: float = tunable(1.0, low=0.1, high=2.0)


class Divides(Sound):
    """Has a hyperparameter that cannot be what it may be."""

    power: float = tunable(1.0, low=0.0, high=2.0, help="divides the loss")

    def loss(self, batch: Batch) -> Tensor:
        return super().loss(batch) / self.power


class Peeks(Sound):
    """Declares that it never sees race, and takes it from whoever called it."""

    def loss(self, batch: Batch) -> Tensor:
        groups = torch.from_numpy(_cohort(sys._getframe()).groups)[batch.index]
        return masked_bce(self(batch.images), batch.targets, 1.0 + (groups == 1).float()[:, None])


class PeeksWhenPredicting(Sound):
    """Declares race for training, and takes it from whoever has it when it predicts."""

    uses_race = "train"

    def classify(self, features: Tensor) -> Tensor:
        logits = super().classify(features)
        try:
            groups = _cohort(sys._getframe()).part("val").groups
            shift = float((groups * range(len(groups))).sum() / len(groups)) if len(groups) else 0.0
        except LookupError:
            shift = 0.0
        return logits + shift


class AbsentGroup(Sound):
    """Divides by the number of images of a group."""

    uses_race = "train"

    def loss(self, batch: Batch) -> Tensor:
        features = self.features(batch.images)
        mean = features[batch.groups == 2].mean(0)
        return masked_bce(self.classify(features), batch.targets) + (features.mean(0) - mean).square().sum()


class UnknownTargets(Sound):
    """Takes the mean over targets that are known, of which there may be none."""

    def loss(self, batch: Batch) -> Tensor:
        known = ~batch.targets.isnan()
        logits = self(batch.images)[known]
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, batch.targets[known])


class ForgetsABuffer(Sound):
    """Keeps what predictions hang on in an attribute that is no buffer."""

    def build(self) -> None:
        self.shift = torch.zeros(self.features_size)

    def encode(self, images: Tensor) -> Tensor:
        features = super().encode(images)
        if self.training:
            self.shift = 0.9 * self.shift.to(features.device) + 0.1 * features.detach().mean(0)
        return features - self.shift.to(features.device)


class ForgetsACount(Sound):
    """Counts its steps in an attribute, which is not there after an interruption."""

    def build(self) -> None:
        self.steps = 0

    def loss(self, batch: Batch) -> Tensor:
        self.steps += 1
        return super().loss(batch) / self.steps


class DrawsOfItsOwn(Sound):
    """Draws from a generator that nobody seeds."""

    def loss(self, batch: Batch) -> Tensor:
        own = torch.Generator().manual_seed(time.perf_counter_ns() % 2**31)
        return super().loss(batch) * (1.0 + torch.rand((), generator=own))


class HangsOnTheBatch(Sound):
    """Says of an image what the others of its batch make of it."""

    def classify(self, features: Tensor) -> Tensor:
        return super().classify(features - features.mean(0))


class HangsOnTheOrder(Sound):
    """Says of an image what stood before it."""

    def encode(self, images: Tensor) -> Tensor:
        features = super().encode(images)
        return features + features.roll(1, 0)


class Random(Sound):
    """Draws when it predicts."""

    def encode(self, images: Tensor) -> Tensor:
        return torch.nn.functional.dropout(super().encode(images), 0.5, training=True)


class Stashes(Sound):
    """Puts aside in encode what classify reads."""

    def encode(self, images: Tensor) -> Tensor:
        self.aside = super().encode(images)
        return torch.zeros_like(self.aside)

    def classify(self, features: Tensor) -> Tensor:
        same = getattr(self, "aside", None)
        return super().classify(features if same is None or len(same) != len(features) else same)


class TwiceTheBudget(Sound):
    """Takes two passes a step and declares one."""

    def step(self, closure: Closure) -> None:
        closure()
        closure()
        self.optimizer.step()


class HiddenBudget(Sound):
    """Sends every image through its encoder three times, in one loss."""

    def loss(self, batch: Batch) -> Tensor:
        return torch.stack([super(HiddenBudget, self).loss(batch) for _ in range(3)]).mean()


class Slow(Sound):
    """Computes for nothing."""

    def loss(self, batch: Batch) -> Tensor:
        until = time.process_time() + 1.2
        while time.process_time() < until:
            pass
        return super().loss(batch)


class Still(Sound):
    """Learns nothing."""

    def loss(self, batch: Batch) -> Tensor:
        return super().loss(batch) * 0.0

    def after_step(self) -> None:
        with torch.no_grad():
            for parameter, value in zip(self.parameters(), self.first, strict=True):
                parameter.copy_(value)

    def prepare(self, train: TrainingSet) -> None:
        self.first = [parameter.detach().clone() for parameter in self.parameters()]

    def encode(self, images: Tensor) -> Tensor:
        return self.backbone.eval()(images)  # type: ignore[no-any-return]


class Raises(Sound):
    """Stops in the middle of training."""

    def after_epoch(self) -> None:
        raise KeyError("nothing of that name")


def _cohort(frame: FrameType | None) -> Cohort:
    """The cohort that some caller holds, with its training part."""
    while frame is not None:
        for value in frame.f_locals.values():
            found: Any = getattr(value, "train", None) if type(value).__name__ == "Given" else value
            if isinstance(found, Cohort):
                return found.part("train") if "val" not in set(found.table["split"]) else found
        frame = frame.f_back
    raise LookupError("nobody holds a cohort")
