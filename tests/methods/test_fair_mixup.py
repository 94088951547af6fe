"""Slopes of the mean prediction between races, by finite differences."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from bench.builtin.methods.fair_mixup import FairMixup

from tests.methods.samples import batch, make


def mean_prediction(method: FairMixup, one: torch.Tensor, other: torch.Tensor, t: float) -> np.ndarray:
    """E σ(f(t z + (1 - t) z')) (T) over all pairs, in double precision."""
    weight, bias = method.head.weight.detach().double().numpy(), method.head.bias.detach().double().numpy()
    z = (t * one.double().numpy()[:, None] + (1 - t) * other.double().numpy()).reshape(-1, 6)
    return (1 / (1 + np.exp(-(z @ weight.T + bias)))).mean(0)


def test_it_is_the_mean_absolute_slope_over_pairs_of_races() -> None:
    method, some = make(FairMixup), batch(30)
    features = 3 * torch.randn(30, 6, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(5)
    found = method.penalty(features, method.classify(features), some).item()
    torch.manual_seed(5)
    t, step, slopes = torch.rand(()).item(), 1e-4, []
    for a, b in combinations(range(3), 2):
        one, other = features[some.groups == a], features[some.groups == b]
        ends = [mean_prediction(method, one, other, t + side * step) for side in (1, -1)]
        slopes.append(np.abs(ends[0] - ends[1]) / (2 * step))
    assert found == pytest.approx(np.mean(slopes), rel=1e-4)


def test_along_the_path_slopes_add_up_to_no_less_than_the_gap() -> None:
    method = make(FairMixup)
    rng = torch.Generator().manual_seed(0)
    one, other = torch.randn(20, 6, generator=rng) + 1, torch.randn(30, 6, generator=rng) - 1
    ts = (np.arange(200) + 0.5) / 200
    integral = torch.stack([method.slope(one, other, torch.tensor(t).float()) for t in ts]).mean(0).detach().numpy()
    gap = np.abs(method.classify(one).sigmoid().mean(0).detach() - method.classify(other).sigmoid().mean(0).detach())
    assert (integral >= gap.numpy() - 1e-4).all()


def test_it_has_a_gradient_in_features_and_head_and_is_0_of_one_race() -> None:
    method, some = make(FairMixup), batch()
    features = method.features(some.images)
    method.penalty(features, method.classify(features), some).backward()
    assert method.backbone.linear.weight.grad.abs().sum() > 0
    assert method.head.weight.grad.abs().sum() > 0
    one = some._replace(groups=torch.zeros_like(some.groups))
    assert method.penalty(features, method.classify(features), one).item() == 0
