"""Residuals of a regression on race and labels."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.mdn import Mdn
from sklearn.linear_model import LinearRegression

from tests.methods.samples import batch, make


def test_residuals_are_those_of_a_regression_on_race_and_labels_with_races_part_taken_off() -> None:
    method, some = make(Mdn, {"ridge": 1e-5}), batch(60)
    some = some._replace(targets=some.targets.nan_to_num(0.0), groups=some.groups.clamp(min=0))
    features = torch.randn(60, 6, generator=torch.Generator().manual_seed(0)) + 2 * some.groups[:, None]
    race = np.eye(3)[some.groups.numpy()]
    design = np.concatenate([race[:, 1:], some.targets.numpy()], axis=1)
    fitted = LinearRegression().fit(design, features.numpy())
    of_race = (race[:, 1:] - race[:, 1:].mean(0)) @ fitted.coef_[:, :2].T
    found = method.residuals(features, some)
    np.testing.assert_allclose(found.numpy(), features.numpy() - of_race, atol=2e-3)


def test_races_have_the_same_mean_where_labels_are_independent_of_race() -> None:
    method, some = make(Mdn, {"ridge": 1e-5}), batch(90)
    some = some._replace(groups=torch.arange(90) % 3, targets=(torch.arange(90) % 2)[:, None].float().repeat(1, 2))
    features = torch.randn(90, 6, generator=torch.Generator().manual_seed(0)) + 2 * some.groups[:, None]
    found = method.residuals(features, some)
    means = torch.stack([found[some.groups == g].mean(0) for g in range(3)])
    torch.testing.assert_close(means, means[:1].expand(3, -1), atol=1e-2, rtol=0)
    assert (features[some.groups == 2].mean(0) - features[some.groups == 0].mean(0)).min() > 3


def test_what_the_label_explains_of_race_stays() -> None:
    """Features that are the label alone lose nothing, though race goes with the label."""
    method, some = make(Mdn, {"ridge": 1e-5}), batch(200)
    label = torch.randint(0, 2, (200,), generator=torch.Generator().manual_seed(0))
    some = some._replace(groups=torch.where(torch.arange(200) % 5 == 0, 1 - label, label))
    some = some._replace(targets=label[:, None].float().repeat(1, 2))
    features = label[:, None].float().repeat(1, 6)
    torch.testing.assert_close(method.residuals(features, some), features, atol=1e-2, rtol=0)


def test_unknown_race_and_the_place_at_test_are_left_as_they_are() -> None:
    method, some = make(Mdn), batch(40)
    features = method.features(some.images)
    found = method.residuals(features, some)
    assert torch.equal(found[1], features[1])
    torch.testing.assert_close(method.eval()(some.images[:3]), method.classify(features[:3]))
