"""Group temperature: Platt's scaling in each race."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.group_temperature import GroupTemperature
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from bench.method import Encoded
from tests.methods.samples import make


def held_out(n: int = 3000) -> Encoded:
    """Logits that are twice too large in one race and shifted in another."""
    rng = torch.Generator().manual_seed(0)
    true = torch.randn(n, 2, generator=rng) * 1.5
    targets = (torch.rand(n, 2, generator=rng) < true.sigmoid()).float()
    groups = torch.randint(0, 3, (n,), generator=rng)
    logits = torch.where(groups[:, None] == 1, 2 * true, true) + (groups[:, None] == 2) * 1.0
    targets[:9, 1] = torch.nan
    return Encoded(logits, logits, targets, groups)


def test_it_is_scikit_learns_regression_on_the_logit_in_each_race() -> None:
    some, method = held_out(), make(GroupTemperature)
    method.finalize(some, some)
    for group in range(3):
        for target in range(2):
            mine = (some.groups == group) & ~some.targets[:, target].isnan()
            x, y = some.logits[mine, target, None].double().numpy(), some.targets[mine, target].numpy()
            fit = LogisticRegression(C=1e6, tol=1e-10).fit(x, y)
            np.testing.assert_allclose(method.scales[group, target].item(), fit.coef_[0, 0], rtol=1e-3)
            np.testing.assert_allclose(method.shifts[group, target].item(), fit.intercept_[0], atol=1e-3)


def test_without_a_shift_it_is_the_temperature_of_the_least_loss() -> None:
    some, method = held_out(), make(GroupTemperature, {"shift": False})
    method.finalize(some, some)
    assert not method.shifts.any()
    mine = (some.groups == 1) & ~some.targets[:, 0].isnan()
    x, y = some.logits[mine, 0].double().numpy(), some.targets[mine, 0].numpy()
    found = minimize_scalar(lambda t: np.log1p(np.exp(-(2 * y - 1) * x / t)).mean(), bounds=(0.1, 10), method="bounded")
    np.testing.assert_allclose(1 / method.scales[1, 0].item(), found.x, rtol=1e-3)


def test_what_was_miscalibrated_by_race_is_calibrated() -> None:
    some, method = held_out(), make(GroupTemperature)
    method.finalize(some, some)
    torch.testing.assert_close(method.scales[1], torch.full((2,), 0.5), atol=0.08, rtol=0)
    torch.testing.assert_close(method.shifts[2], torch.full((2,), -1.0), atol=0.2, rtol=0)


def test_unknown_race_and_races_of_one_label_are_left_as_they_were() -> None:
    some, method = held_out(), make(GroupTemperature)
    some.targets[some.groups == 0] = 1.0
    method.finalize(some, some)
    for row in (0, 3):
        assert method.scales[row].tolist() == [1.0, 1.0]
        assert method.shifts[row].tolist() == [0.0, 0.0]
    features, groups = torch.randn(4, 6), torch.tensor([2, 0, 1, -1])
    expected = method.head(features) * method.scales[groups] + method.shifts[groups]
    torch.testing.assert_close(method.classify(features, groups), expected)
