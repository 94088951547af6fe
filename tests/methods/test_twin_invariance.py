"""Twin invariance: how far twins are, relative to strangers."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.twin_invariance import TwinInvariance, relative_distance

from bench.method import masked_bce
from tests.methods.samples import batch, make


def test_the_distance_is_relative_to_that_of_strangers() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 7, 4))
    strangers = np.mean([((a - b) ** 2).sum() for a in first for b in first])
    expected = ((first - second) ** 2).sum(1).mean() / strangers
    found = relative_distance(torch.tensor(first), torch.tensor(second))
    np.testing.assert_allclose(found.item(), expected, rtol=1e-5)
    # Whatever the size of the features.
    torch.testing.assert_close(relative_distance(torch.tensor(1e-3 * first), torch.tensor(1e-3 * second)), found)
    assert relative_distance(torch.ones(4, 2), torch.ones(4, 2)) == 0


def test_the_loss_is_the_diagnosis_of_the_image_and_the_weighted_distance() -> None:
    some = batch()
    some = some._replace(twins=some.images.flip(0))
    for pair in ("features", "logits"):
        method = make(TwinInvariance, {"strength": 3.0, "pair": pair})
        z, twin = method.features(some.images), method.features(some.twins)
        both = (z, twin) if pair == "features" else (method.classify(z), method.classify(twin))
        expected = masked_bce(method.classify(z), some.targets) + 3.0 * relative_distance(*both)
        torch.testing.assert_close(method.loss(some), expected)


def test_descending_on_it_makes_twins_alike_and_keeps_strangers_apart() -> None:
    rng = torch.Generator().manual_seed(0)
    content = torch.randint(0, 200, (64, 1, 16, 16), generator=rng, dtype=torch.uint8)
    some = batch(64)._replace(images=content.clone(), twins=content.clone())
    some.twins[:, :, :4] += 50  # what race does to the pixels
    method = make(TwinInvariance, {"strength": 10.0})
    optimizer = torch.optim.Adam(method.parameters(), lr=3e-3)

    def apart() -> float:
        with torch.no_grad():
            return relative_distance(method.features(some.images), method.features(some.twins)).item()

    before = apart()
    for _ in range(150):
        optimizer.zero_grad()
        method.loss(some).backward()
        optimizer.step()
    assert apart() < 0.05 * before
    assert method.features(some.images).var(0).sum() > 1e-3


def test_without_twins_it_is_plain() -> None:
    method, some = make(TwinInvariance), batch()
    torch.testing.assert_close(method.loss(some), masked_bce(method(some.images), some.targets))
