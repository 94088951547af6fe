"""What adversaries are tested on: images that show race and label, and how well race can be read from features."""

from __future__ import annotations

import torch

from bench.method import Batch, Method, TrainingSet
from bench.method.pieces import mlp, race_loss
from tests.methods.samples import make


def shaded(n: int = 128, seed: int = 0) -> Batch:
    """Images whose upper half shows the label, and whose lower half the race, which is independent of it."""
    rng = torch.Generator().manual_seed(seed)
    label, groups = torch.randint(0, 2, (n,), generator=rng), torch.randint(0, 3, (n,), generator=rng)
    noise = torch.randint(0, 60, (n, 1, 16, 16), generator=rng)
    upper = torch.arange(16)[:, None] < 8
    shade = torch.where(upper, 100 * label[:, None, None, None], 60 * groups[:, None, None, None])
    return Batch((noise + shade).to(torch.uint8), label[:, None].float().repeat(1, 2), groups)


def trained(cls: type[Method], values: dict[str, object], steps: int = 100, lr: float = 0.02) -> Method:
    """After so many steps of gradient descent, each on new images, and each smaller than the one before.

    Against an adversary large steps overshoot, and leave race easier to read than it was.
    """
    some, method = shaded(), make(cls, values)
    method.prepare(TrainingSet(some.targets, some.groups))
    held = {id(p) for p in method.adversary.parameters()} if hasattr(method, "adversary") else set()
    optimizer = torch.optim.SGD([p for p in method.parameters() if id(p) not in held], lr=lr)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = lr * (1 - step / steps)
        optimizer.zero_grad()
        method.loss(shaded(seed=step)).backward()
        optimizer.step()
    return method


def read_race(method: Method, steps: int = 60) -> float:
    """Cross-entropy of a fresh network that learns race from the features, on new images; a guess has log 3."""
    torch.manual_seed(1)
    network = mlp(method.features_size, 3, width=32, depth=2)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for step in range(steps + 1):
        some = shaded(256, seed=10_000 + step)
        with torch.no_grad():
            features = method.features(some.images)
        optimizer.zero_grad()
        loss = race_loss(network(features), some.groups)
        loss.backward()
        optimizer.step()
    return loss.item()
