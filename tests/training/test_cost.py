"""Image passes are counted as they happen, whichever network takes the images and whatever is asked of its gradient."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from bench.conformance import samples
from bench.conformance.subject import Subject
from bench.method import Auxiliary, Batch, Method
from bench.method.hyperparameters import resolve
from bench.records import Cost


def cost(cls: type[Method], folder: Path) -> Cost:
    found = Subject(cls, folder, resolve(cls, {})).train("run").info.cost
    assert found is not None
    return found


def test_plain_training_costs_one(tmp_path: Path) -> None:
    found = cost(Method, tmp_path)
    # Two epochs of 8 full batches of 32.
    assert (found.images, found.forward, found.backward, found.other) == (512, 512, 512, 0)
    assert (found.relative, found.extra_parameters, found.files) == (1.0, 0, [])
    network = samples.TinyEncoder(1)
    assert found.parameters == sum(p.numel() for p in network.parameters()) + 13 * 2
    assert found.seconds > 0
    assert found.peak_memory > 10**7


def test_a_frozen_encoder_goes_forward_alone(tmp_path: Path) -> None:
    class Frozen(Method):
        def build(self) -> None:
            self.backbone.requires_grad_(False)

    found = cost(Frozen, tmp_path)
    assert (found.forward, found.backward, found.relative) == (512, 0, 0.5)


def test_networks_beside_it_are_counted_where_they_take_images(tmp_path: Path) -> None:
    class Beside(Method):
        """A generator with its own optimiser, a teacher that is only asked, and an adversary on features."""

        def build(self) -> None:
            self.generator = Auxiliary(nn.Conv2d(1, 1, 3, padding=1), 1e-3)
            self.teachers = nn.ModuleList([samples.TinyEncoder(1)]).requires_grad_(False)
            self.adversary = nn.Linear(self.features_size, 3)

        def loss(self, batch: Batch) -> Tensor:
            images = self.normalise(batch.images)
            self.generator.step((self.generator(images) - images).square().mean())
            taught = self.teachers[0](images)
            features = self.encode(images)
            return super().loss(batch) + (features - taught).square().mean() + self.adversary(features).square().mean()

    found = cost(Beside, tmp_path)
    # The default loss encodes again: two passes each way; the generator one each way, the teacher one forward.
    assert (found.forward, found.backward, found.other) == (1024, 1024, 512 * 3)
    assert found.relative == (1024 + 1024 + 1536) / 1024
    beside = 10 + sum(p.numel() for p in samples.TinyEncoder(1).parameters()) + 13 * 3
    assert found.extra_parameters == beside


def test_half_of_the_batch_counts_half(tmp_path: Path) -> None:
    class Half(Method):
        def loss(self, batch: Batch) -> Tensor:
            return super().loss(batch.take(torch.arange(16)))

    assert cost(Half, tmp_path).relative == 0.5


def test_parts_of_the_encoder_that_are_called_one_by_one_count_once(tmp_path: Path) -> None:
    class Pieces(Method):
        def encode(self, images: Tensor) -> Tensor:
            net = self.backbone
            maps = torch.relu(net.norm(net.convolution(images)))  # type: ignore[operator]
            features: Tensor = net.linear(nn.functional.adaptive_avg_pool2d(maps, 4).flatten(1))  # type: ignore[operator]
            return features

    found = cost(Pieces, tmp_path)
    assert (found.forward, found.backward) == (512, 512)
