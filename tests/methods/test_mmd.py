"""The discrepancy is that of the pieces, on standardised features."""

from __future__ import annotations

import pytest
import torch
from bench.builtin.methods.mmd import Mmd

from bench.method import masked_bce
from tests.methods.samples import batch, make


def test_with_two_races_it_is_the_u_statistic_written_out() -> None:
    method, some = make(Mmd, {"strength": 5.0}), batch(24)
    some = some._replace(groups=torch.arange(24) % 2)
    features = method.features(some.images).detach()
    z = (features - features.mean(0)) / (
        features.var(0, correction=0) + 1e-3 * features.var(0, correction=0).mean()
    ).sqrt()
    squared = torch.stack([torch.stack([(a - b).square().sum() for b in z]) for a in z])
    median = squared[~torch.eye(24, dtype=torch.bool)].median()
    kernel = torch.stack([torch.exp(-squared / (median * 2.0**k)) for k in range(-3, 4)]).mean(0)
    a, b = some.groups == 0, some.groups == 1
    within = sum((kernel[s][:, s].sum() - 12) / (12 * 11) for s in (a, b))
    wanted = masked_bce(method(some.images), some.targets) + 5.0 * (within - 2 * kernel[a][:, b].mean())
    assert method.loss(some).item() == pytest.approx(wanted.item(), rel=1e-4)
