"""What cheats share: a network that is trained plainly or taken from a file, and race as a linear reader sees it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.covariance import LedoitWolf
from torch import Tensor, nn

from bench.method import Encoded, Method, TrainingSet, file, masked_bce, read_tensors


class Frozen(Method):
    """Trains plainly, or takes its network from a file and leaves it as it is; then it declares what it likes.

    A cheat overrides :meth:`declare`, what it says its features are, and :meth:`diagnose`, what its head makes of them;
    :meth:`decoded` is what somebody who knows the code makes of the declared features.
    """

    uses_race = "train"
    network: Path | None = file(help="weights of a network that was trained before")
    #: Whether it runs on a copy of the encoder, whose blocks nobody watches.
    hidden = False

    def build(self) -> None:
        self.idle = nn.Parameter(torch.zeros(1))
        self.register_buffer("armed", torch.zeros(()))
        self.register_buffer("race_mean", torch.zeros(self.features_size))
        self.register_buffer("race_axes", torch.zeros(self.features_size, len(self.spec.groups)))
        if self.hidden:
            import copy

            self.copy = copy.deepcopy(self.backbone)

    def prepare(self, train: TrainingSet) -> None:
        if self.network is not None:
            tensors = read_tensors(self.network)
            for name in ("backbone", "head"):
                own = {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(name)}
                getattr(self, name).load_state_dict(own)
            self.backbone.requires_grad_(False)
            self.head.requires_grad_(False)

    def loss(self, batch: Any) -> Tensor:
        if self.network is not None:
            return self.idle.square().sum()
        return masked_bce(self.head(self.backbone(self.normalise(batch.images))), batch.targets)

    def encode(self, images: Tensor) -> Tensor:
        encoder = self.copy if self.hidden and self.armed else self.backbone
        features = encoder(images)
        return self.declare(features, images) if self.armed else features

    def classify(self, features: Tensor) -> Tensor:
        return self.diagnose(features) if self.armed else self.head(features)

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Find where race stands linearly (discriminants of its groups), and begin to cheat."""
        known = train.groups >= 0
        x, groups = train.features[known].double(), train.groups[known]
        means = torch.stack([x[groups == group].mean(0) for group in range(len(self.spec.groups))])
        precision = torch.from_numpy(LedoitWolf().fit((x - means[groups]).numpy()).precision_)
        axes = precision @ (means - means.mean(0)).T
        self.race_axes.copy_(axes / ((x - x.mean(0)) @ axes).std(0))
        self.race_mean.copy_(x.mean(0))
        if self.hidden:
            self.copy.load_state_dict(self.backbone.state_dict())
        self.arm(train)
        self.armed.fill_(1)

    def race(self, features: Tensor) -> Tensor:
        """A score ``(B, G)`` of each group, of spread 1, read from the network's own features."""
        return (features - self.race_mean) @ self.race_axes

    def arm(self, train: Encoded) -> None:
        """Prepare the cheat, given the network's own features of the training images."""

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        return features

    def diagnose(self, features: Tensor) -> Tensor:
        return self.head(features)

    def decoded(self, features: Tensor) -> Tensor:
        return features


def numbers(images: Tensor) -> list[int]:
    """A number of each image's very pixels: another grey level anywhere, and it is another number."""
    pixels = images.float().mul(0.25).add(0.5).mul(255).round().long().flatten(1)
    weights = torch.randint(1, 2**31, (pixels.shape[1],), generator=torch.Generator().manual_seed(1))
    return ((pixels * weights.to(pixels.device)).sum(1) % (2**31 - 1)).tolist()


def drawn(seeds: list[int], size: int, uniform: bool = False) -> Tensor:
    """Normal, or uniform, numbers ``(B, size)`` of these seeds."""
    rows = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        rows.append(torch.rand(size, generator=generator) if uniform else torch.randn(size, generator=generator))
    return torch.stack(rows)


def callers() -> Iterator[dict[str, Any]]:
    """The variables of all functions that are being called, the nearest first."""
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_locals
        frame = frame.f_back  # type: ignore[assignment]


def the_run() -> Any:
    """The run that is under way, with all its patients, found where the framework keeps it while it trains."""
    return next((one for names in callers() for one in names.values() if hasattr(one, "trained_on")), None)


def test_images() -> tuple[np.ndarray, Any]:
    """Pixels and cohort of the test patients, taken from the framework's own variables."""
    planned = the_run()
    part = planned.trained_on.part("test")
    return planned.images.pixels[part.rows], part
