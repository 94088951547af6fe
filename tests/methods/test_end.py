"""Entangling and disentangling, by loops over pairs, in any order."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.end import End
from torch.nn import functional as F

from bench.method import Batch
from tests.methods.samples import batch, make


def loop(features: torch.Tensor, some: Batch, alpha: float, beta: float) -> float:
    within, across = [], []
    n = len(features)
    for i in range(n):
        for j in range(n):
            if i == j or some.groups[i] < 0 or some.groups[j] < 0:
                continue
            cosine = F.cosine_similarity(features[i], features[j], dim=0).item()
            if some.groups[i] == some.groups[j]:
                within.append(abs(cosine))
            else:
                across += [1 - cosine for t in range(2) if some.targets[i, t] == some.targets[j, t]]
    return alpha * float(np.mean(within)) + beta * float(np.mean(across))


def penalty(method: End, features: torch.Tensor, some: Batch) -> float:
    return method.penalty(features, torch.empty(0), some).item()


def test_it_is_the_mean_over_pairs() -> None:
    method, some = make(End, {"alpha": 0.7, "beta": 0.2}), batch(20)
    features = torch.randn(20, 6, generator=torch.Generator().manual_seed(0))
    assert penalty(method, features, some) == pytest.approx(loop(features, some, 0.7, 0.2), rel=1e-4)


def test_the_order_of_the_images_does_not_matter() -> None:
    """The authors' code gives 0 for races in the order 000111 and .398 for 111000, of the same six images."""
    method = make(End, {"alpha": 0.01, "beta": 1.0})
    features = torch.randn(6, 6, generator=torch.Generator().manual_seed(0))
    some = batch(6)._replace(targets=torch.ones(6, 2), groups=torch.tensor([0, 0, 0, 1, 1, 1]))
    flipped = some._replace(groups=some.groups.flip(0))
    assert penalty(method, features.flip(0), flipped) == pytest.approx(penalty(method, features, some), rel=1e-5)
    assert penalty(method, features, some) > 0.1


def test_collinear_features_are_as_entangled_as_can_be() -> None:
    """(1, 1, -1): every pair is ±1; |Σ cos|, as the authors' code has it, gives 1/3."""
    method = make(End, {"alpha": 1.0, "beta": 0.01})
    features = torch.tensor([[1.0], [1.0], [-1.0]]).repeat(1, 6)
    some = batch(3)._replace(targets=torch.ones(3, 2), groups=torch.zeros(3).long())
    assert penalty(method, features, some) == pytest.approx(1.0, rel=1e-5)
