"""The adversary's error, group by group."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.laftr import Laftr

from bench.method import masked_bce
from tests.methods.samples import batch, make


@pytest.mark.parametrize("criterion", ["demographic_parity", "equalized_odds", "equal_opportunity"])
def test_it_is_the_mean_over_groups_of_the_mean_error(criterion: str) -> None:
    method, some = make(Laftr, {"criterion": criterion}), batch()
    features = method.features(some.images).detach()
    seen = features
    if criterion == "equalized_odds":
        seen = torch.cat([features, some.targets.nan_to_num(0.0), (~torch.isnan(some.targets)).float()], dim=1)
    said = method.adversary(seen).softmax(1).detach().numpy()
    sets = {
        "demographic_parity": [torch.ones(64, dtype=torch.bool)],
        "equalized_odds": [some.targets[:, t] == label for label in (0, 1) for t in (0, 1)],
        "equal_opportunity": [some.targets[:, t] == 1 for t in (0, 1)],
    }[criterion]
    wanted = [1 - said[(some.groups == g) & inside, g].mean() for inside in sets for g in range(3)]
    assert method.error(features, some).item() == pytest.approx(np.mean(wanted), rel=1e-5)


def test_of_two_races_it_is_madras_l1_norm() -> None:
    """|â - a| with â the probability of race 1, normalised by group."""
    method, some = make(Laftr), batch()
    method.adversary.network[-1].bias.data[2] = -1e9  # nobody is said to be of the third race
    some = some._replace(groups=torch.arange(64) % 2)
    features = method.features(some.images).detach()
    said = method.adversary(features).softmax(1)[:, 1].detach().numpy()
    race = some.groups.numpy()
    wanted = np.mean([np.abs(said - race)[race == g].mean() for g in (0, 1)])
    assert method.error(features, some).item() == pytest.approx(wanted, rel=1e-5)


def test_the_encoder_ascends_what_the_adversary_descends() -> None:
    """In one public copy both nets ascend: there the adversary is not trained to read race."""
    method, some, gradients = make(Laftr, {"strength": 2.0}), batch(), []
    method.adversary.step = lambda loss: None  # type: ignore[method-assign]
    losses = (
        lambda: method.loss(some),
        lambda: masked_bce(method(some.images), some.targets),
        lambda: method.error(method.features(some.images), some),
    )
    for loss in losses:
        gradients.append(torch.autograd.grad(loss(), method.backbone.linear.weight)[0])
    torch.testing.assert_close(gradients[0], gradients[1] - 2.0 * gradients[2], rtol=1e-4, atol=1e-7)
