"""The exponential average against torch's own, and how far it reaches back."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from bench.builtin.methods.ema import Ema
from torch.optim.swa_utils import get_ema_multi_avg_fn

from tests.methods.samples import make


def test_it_is_torchs_average_with_the_decay_of_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    method = make(Ema, {"horizon": 0.1})
    method._trainer = SimpleNamespace(estimated_stepping_batches=200)
    rng, theirs = torch.Generator().manual_seed(0), None
    for step in range(60):
        with torch.no_grad():
            method.head.weight.add_(torch.randn(method.head.weight.shape, generator=rng))
        method.after_step()
        # 1 - 1 / (0.1 × 200), and less while it is young.
        decay = min(0.95, (1 + step) / (10 + step))
        if theirs is None:
            theirs = [method.head.weight.detach().clone()]
        else:
            get_ema_multi_avg_fn(decay)(theirs, [method.head.weight.detach()], None)
        torch.testing.assert_close(method.averaged()["head.weight"], theirs[0], atol=1e-5, rtol=1e-4)
    assert set(method.averaged()) == {"backbone.linear.weight", "backbone.linear.bias", "head.weight", "head.bias"}


def test_a_budget_twice_as_long_is_reached_back_over_twice_the_steps() -> None:
    """What the first weights still count after a share of the budget does not hang on the budget."""
    left = []
    for steps in (500, 1000):
        method = make(Ema, {"horizon": 0.02})
        method._trainer = SimpleNamespace(estimated_stepping_batches=steps)
        with torch.no_grad():
            method.head.bias.fill_(1.0)
        for _ in range(steps // 2):
            method.after_step()
        with torch.no_grad():
            method.head.bias.zero_()
        for _ in range(steps // 50):
            method.after_step()
        left.append(method.averaged()["head.bias"][0].item())
    # About e⁻¹ after one horizon.
    assert left == [pytest.approx((1 - 1 / 10) ** 10), pytest.approx((1 - 1 / 20) ** 20)]


def test_nothing_is_averaged_before_the_first_step() -> None:
    assert make(Ema).averaged() is None
