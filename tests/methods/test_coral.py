"""Differences of means and covariances, and what remains of them where there are none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.coral import Coral

from bench.method import Batch, masked_bce
from tests.methods.samples import batch, make


def test_of_many_images_it_is_sun_and_saenkos_distance_and_that_of_the_means() -> None:
    """The bias of the sample's own distance vanishes with the number of images."""
    method = make(Coral)
    groups = torch.arange(20000) % 2
    features = (
        torch.randn(20000, 6, generator=torch.Generator().manual_seed(0)) * (1 + groups[:, None]) + groups[:, None]
    )
    values = features.double().numpy()
    z = (values - values.mean(0)) / values.std(0)
    a, b = z[::2], z[1::2]
    wanted = ((a.mean(0) - b.mean(0)) ** 2).mean() + ((np.cov(a.T) - np.cov(b.T)) ** 2).sum() / (4 * 6**2)
    found = []
    for start in range(0, 20000, 200):
        part = slice(start, start + 200)
        some = Batch(torch.empty(200, 0), torch.ones(200, 2), groups[part])
        found.append(method.penalty(features[part], torch.empty(0), some).item())
    assert np.mean(found) == pytest.approx(wanted, rel=0.03)


def test_a_race_with_one_image_does_not_make_it_nan() -> None:
    """Public code divides by n - 1 = 0 there."""
    method, some = make(Coral), batch(10)
    alone = some._replace(groups=torch.tensor([0] * 9 + [1]))
    assert method.loss(alone).item() == pytest.approx(masked_bce(method(some.images), some.targets).item())
