"""Margins by Cao's formula, on cosines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.ldam import Ldam
from torch.nn import functional as F

from bench.method import TrainingSet
from tests.methods.samples import batch, make


def cohort() -> TrainingSet:
    targets = torch.zeros(1000, 2)
    targets[:16, 0], targets[:500, 1] = 1, 1
    return TrainingSet(targets, torch.zeros(1000).long())


def test_margins_go_with_the_fourth_root_of_rarity_and_the_rarest_has_the_largest() -> None:
    method = make(Ldam, {"max_margin": 0.4})
    method.prepare(cohort())
    margins = method.get_buffer("margins").numpy()
    np.testing.assert_allclose(margins[:, 0], [0.4 * (16 / 984) ** 0.25, 0.4], rtol=1e-5)
    np.testing.assert_allclose(margins[:, 1], [0.4, 0.4], rtol=1e-5)


def test_the_loss_takes_the_margin_off_the_cosine_on_the_true_side() -> None:
    method, some = make(Ldam, progress=0.0), batch()
    method.prepare(TrainingSet(some.targets, some.groups))
    features, weights, margins = method.features(some.images), method.head.weight, method.get_buffer("margins")
    total, count = 0.0, 0
    for i in range(len(some.targets)):
        for t in range(2):
            y = some.targets[i, t]
            if not torch.isnan(y):
                cosine = F.cosine_similarity(features[i], weights[t], dim=0)
                margin = margins[int(y), t] if y == 1 else -margins[int(y), t]
                logit = 10.0 * (cosine - margin) + method.head.bias[t]
                total += F.binary_cross_entropy_with_logits(logit, y).item()
                count += 1
    assert method.loss(some).item() == pytest.approx(total / count, rel=1e-4)


def test_late_in_training_labels_weigh_alike() -> None:
    """The deferred weights of a label sum to half the images', and average 1."""
    method, train = make(Ldam), cohort()
    method.prepare(train)
    weights = method.get_buffer("weights")[train.targets[:, 0].long(), 0]
    assert weights.mean().item() == pytest.approx(1.0, rel=1e-5)
    assert weights[train.targets[:, 0] == 1].sum().item() == pytest.approx(500.0, rel=1e-5)
    early, late = (make(Ldam, {"deferred": 0.5}, progress=progress) for progress in (0.4, 0.6))
    some = batch()._replace(targets=cohort().targets[:64].repeat(1, 1))
    for one in (early, late):
        one.prepare(train)
    assert early.loss(some) != late.loss(some)


def test_the_length_of_features_and_weights_says_nothing() -> None:
    method, some = make(Ldam), batch()
    features = method.features(some.images)
    before = method.classify(features)
    method.head.weight.data.mul_(3.0)
    torch.testing.assert_close(method.classify(7 * features), before)
