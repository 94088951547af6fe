"""Supervised contrast: the paper's sum, and positives balanced by race."""

from __future__ import annotations

import math

import numpy as np
import torch
from bench.builtin.methods.supcon import Supcon

from tests.methods.samples import make

N = 12


def some() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    embeddings = torch.nn.functional.normalize(torch.randn(N, 3, generator=rng))
    labels = (torch.rand(N, generator=rng) < 0.5).float()
    labels[4] = torch.nan
    return embeddings, labels, torch.randint(-1, 2, (N,), generator=rng)


def by_hand(z: np.ndarray, y: np.ndarray, a: np.ndarray, t: float, balanced: bool) -> float:
    losses = []
    for i in range(N):
        positives = [j for j in range(N) if j != i and y[j] == y[i]]
        others = [j for j in range(N) if j != i and not np.isnan(y[j])]
        if np.isnan(y[i]) or not positives:
            continue
        below = sum(math.exp(z[i] @ z[j] / t) for j in others)
        terms = {p: -math.log(math.exp(z[i] @ z[p] / t) / below) for p in positives}
        races = {a[p] for p in positives} if balanced else {None}
        by_race = [np.mean([terms[p] for p in positives if race is None or a[p] == race]) for race in races]
        losses.append(np.mean(by_race))
    return float(np.mean(losses))


def test_without_balance_it_is_the_papers_sum_and_with_it_each_race_counts_the_same() -> None:
    z, y, a = some()
    for balanced in (False, True):
        method = make(Supcon, {"balanced": balanced, "temperature": 0.2})
        expected = by_hand(z.double().numpy(), y.numpy(), a.numpy(), 0.2, balanced)
        assert math.isclose(method.contrast(z, y, a).item(), expected, rel_tol=1e-5)


def test_where_all_are_of_one_race_balance_changes_nothing() -> None:
    z, y, a = some()
    both = [make(Supcon, {"balanced": balanced}).contrast(z, y, torch.zeros_like(a)) for balanced in (False, True)]
    torch.testing.assert_close(*both)
