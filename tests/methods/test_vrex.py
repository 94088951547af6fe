"""The variance of the races' risks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.vrex import Vrex

from bench.method import masked_bce
from tests.methods.samples import batch, make


def risks(method: Vrex, some: object) -> np.ndarray:
    """Mean loss (3, T) of each race over known labels; NaN where there is none."""
    logits = method(some.images).detach().double().numpy()  # type: ignore[attr-defined]
    y, groups = some.targets.double().numpy(), some.groups.numpy()  # type: ignore[attr-defined]
    losses = np.log1p(np.exp(-np.where(y == 1, logits, -logits)))
    losses[np.isnan(y)] = np.nan
    return np.array(
        [np.nanmean(losses[groups == g], axis=0) if (groups == g).any() else [np.nan] * 2 for g in range(3)]
    )


def test_it_is_erm_plus_the_mean_over_targets_of_the_variance() -> None:
    method, some = make(Vrex, {"strength": 7.0}), batch()
    wanted = masked_bce(method(some.images), some.targets).item() + 7.0 * risks(method, some).var(0).mean()
    assert method.loss(some).item() == pytest.approx(wanted, rel=1e-5)


def test_a_race_that_is_absent_does_not_count_and_one_alone_has_no_variance() -> None:
    method, some = make(Vrex, {"strength": 7.0}), batch()
    two = some._replace(groups=some.groups.clamp(max=1))
    plain = masked_bce(method(some.images), some.targets).item()
    wanted = plain + 7.0 * np.nanvar(risks(method, two), axis=0).mean()
    assert method.loss(two).item() == pytest.approx(wanted, rel=1e-5)
    assert method.loss(some._replace(groups=torch.zeros_like(some.groups))).item() == pytest.approx(plain, rel=1e-6)


def test_training_makes_risks_alike() -> None:
    """Race 2's labels are half noise: its risk stays above the others' unless theirs are kept up."""
    rng = torch.Generator().manual_seed(0)
    some = batch(300)
    bright = torch.randint(0, 2, (300,), generator=rng)
    noisy = torch.where((some.groups == 2) & (torch.rand(300, generator=rng) < 0.5), 1 - bright, bright)
    images = (bright * 200).to(torch.uint8)[:, None, None, None].expand(-1, 1, 16, 16)
    some = some._replace(images=images, targets=noisy[:, None].float().repeat(1, 2))
    spread = []
    for strength in (0.1, 1e3):
        method = make(Vrex, {"strength": strength})
        optimizer = torch.optim.Adam(method.parameters(), lr=0.01)
        for _ in range(60):
            optimizer.zero_grad()
            method.loss(some).backward()
            optimizer.step()
        spread.append(risks(method, some).std(0).mean())
    assert spread[1] < 0.3 * spread[0]
