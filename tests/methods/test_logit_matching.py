"""Races' scores against each other's, given the label."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from bench.builtin.methods.logit_matching import LogitMatching

from tests.methods.samples import batch, make


def test_matching_means_is_the_unbiased_squared_difference_within_each_label() -> None:
    """(μ - μ')² less the variances of both means, weighted by n n' / (n + n') over pairs and labels of a target."""
    method, some = make(LogitMatching, {"distance": "mean"}), batch(80)
    logits = torch.randn(80, 2, generator=torch.Generator().manual_seed(1))
    scores = ((logits - logits.mean(0)) / logits.std(0, correction=0)).numpy()
    found = []
    for t in range(2):
        total = weight = 0.0
        for label in (0, 1):
            sides = [scores[(some.groups == g) & (some.targets[:, t] == label), t] for g in range(3)]
            for a, b in combinations(sides, 2):
                squared = (a.mean() - b.mean()) ** 2 - a.var(ddof=1) / len(a) - b.var(ddof=1) / len(b)
                total += len(a) * len(b) / (len(a) + len(b)) * squared
                weight += len(a) * len(b) / (len(a) + len(b))
        found.append(total / weight)
    assert method.penalty(torch.empty(0), logits, some).item() == pytest.approx(np.mean(found), rel=1e-2, abs=1e-4)


def test_equal_means_of_unequal_spread_are_seen_by_the_distribution_alone() -> None:
    some = batch(400)._replace(groups=torch.arange(400) % 2, targets=torch.ones(400, 2))
    logits = torch.randn(400, 2, generator=torch.Generator().manual_seed(1)) * (1 + 4 * some.groups[:, None])
    for group in (0, 1):
        logits[some.groups == group] -= logits[some.groups == group].mean(0)
    by = {distance: make(LogitMatching, {"distance": distance}) for distance in ("mean", "mmd")}
    found = {distance: method.penalty(torch.empty(0), logits, some).item() for distance, method in by.items()}
    assert found["mean"] < 0.01 < 0.1 < found["mmd"]
