"""Automatic feature reweighting against its objective, minimised by another hand."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.afr import Afr
from scipy.optimize import minimize

from bench.method import Encoded
from tests.methods.patients import patients
from tests.methods.samples import make


def held_out(method: Afr, seed: int = 0) -> Encoded:
    some = patients(300, seed)
    with torch.no_grad():
        return some._replace(logits=method.head(some.features))


def test_the_head_minimises_the_weighted_loss_and_the_distance_from_the_old_one() -> None:
    method = make(Afr, {"gamma": 5.0, "strength": 0.2})
    some = held_out(method)
    old = method.head.weight.detach().double().numpy()
    method.finalize(some, some)
    for target in range(2):
        known = ~torch.isnan(some.targets[:, target])
        x, y = some.features[known].double().numpy(), some.targets[known, target].double().numpy()
        p = 1 / (1 + np.exp(-(2 * y - 1) * some.logits[known, target].double().numpy()))
        weights = np.exp(-5.0 * p) / np.where(y == 1, (y == 1).sum(), (y == 0).sum())
        weights /= weights.sum()

        def objective(
            v: np.ndarray,
            x: np.ndarray = x,
            y: np.ndarray = y,
            weights: np.ndarray = weights,
            start: np.ndarray = old[target],
        ) -> float:
            margins = (2 * y - 1) * (x @ v[:-1] + v[-1])
            return float(weights @ np.log1p(np.exp(-margins)) + 0.2 * ((v[:-1] - start) ** 2).sum())

        expected = minimize(objective, np.append(old[target], 0.0), method="BFGS", options={"gtol": 1e-7}).x
        found = np.append(method.head.weight[target].detach().numpy(), method.head.bias[target].item())
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_what_the_first_head_got_wrong_is_got_right_more_often() -> None:
    some = patients(2000)
    method = make(Afr, {"gamma": 20.0, "strength": 0.0})
    # A head that knows the prevalence alone is wrong on all of the diseased.
    wrong = some.targets == 1
    method.finalize(some, some._replace(logits=torch.full_like(some.logits, -2.0)))
    right = method.head(some.features) > 0
    assert right[wrong].float().mean() > 0.7


def test_the_features_stay_and_a_target_that_nothing_is_known_of_keeps_its_head() -> None:
    method = make(Afr)
    some = held_out(method)
    before = {name: value.clone() for name, value in method.state_dict().items()}
    some.targets[:, 1] = torch.nan
    method.finalize(some, some)
    after = method.state_dict()
    assert torch.equal(after["head.weight"][1], before["head.weight"][1])
    assert not torch.equal(after["head.weight"][0], before["head.weight"][0])
    assert torch.equal(after["backbone.linear.weight"], before["backbone.linear.weight"])
