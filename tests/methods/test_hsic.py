"""HSIC and what it is with two races."""

from __future__ import annotations

import pytest
import torch
from bench.builtin.methods.hsic import Hsic

from bench.method import masked_bce
from bench.method.pieces import gaussian_kernel, standardised
from tests.methods.samples import batch, make


def test_it_is_songs_estimate_written_out() -> None:
    method, some = make(Hsic, {"strength": 5.0}), batch(20)
    some = some._replace(groups=torch.arange(20) % 3)
    n = 20
    k = gaussian_kernel(standardised(method.features(some.images))).detach().double()
    same = (some.groups[:, None] == some.groups).double()
    k, same = k - torch.diag(k.diag()), same - torch.eye(n)
    one = torch.ones(n).double()
    trace = torch.trace(k @ same) + (one @ k @ one) * (one @ same @ one) / ((n - 1) * (n - 2))
    estimate = (trace - 2 / (n - 2) * (one @ k @ same @ one)) / (n * (n - 3))
    wanted = masked_bce(method(some.images), some.targets).item() + 5.0 * estimate.item()
    assert method.loss(some).item() == pytest.approx(wanted, rel=1e-5)
