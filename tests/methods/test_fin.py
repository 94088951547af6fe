"""Fair identity normalisation: each race by its own mean and scale."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.fin import Fin

from tests.methods.samples import batch, make


def test_the_head_reads_features_normalised_by_race() -> None:
    method, features = make(Fin, {"momentum": 0.3}), torch.randn(4, 6)
    groups = torch.tensor([1, -1, 2, 0])
    means, scales = (p.detach().double().numpy() for p in (method.means, method.scales))
    x = features.double().numpy()
    normalised = np.empty_like(x)
    for image, group in enumerate(groups.tolist()):
        mean, scale = (means[group], scales[group]) if group >= 0 else (means.mean(0), scales.mean(0))
        normalised[image] = 0.7 * (x[image] - mean) / (np.log1p(np.exp(scale)) + 1e-6) + 0.3 * x[image]
    expected = method.head(torch.tensor(normalised).float())
    torch.testing.assert_close(method.classify(features, groups), expected, atol=1e-5, rtol=1e-5)


def test_means_and_scales_of_the_races_that_are_there_are_learnt() -> None:
    method, some = make(Fin), batch()
    method.loss(some.take(some.groups == 1)).backward()
    for parameter in (method.means, method.scales):
        rows = parameter.grad.abs().sum(1)
        assert rows[1] > 0
        assert rows[0] == rows[2] == 0
