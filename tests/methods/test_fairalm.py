"""The Lagrangian and its multipliers, by Algorithm 1."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.fairalm import Fairalm
from torch.nn import functional as F

from bench.method import masked_bce
from tests.methods.samples import batch, make


def group_losses(method: Fairalm) -> tuple[np.ndarray, np.ndarray]:
    """The mean loss of each race (3, T), and that of all known races (T)."""
    some = batch()
    losses = F.binary_cross_entropy_with_logits(method(some.images), some.targets.nan_to_num(0), reduction="none")
    known = ~torch.isnan(some.targets) & (some.groups >= 0)[:, None]
    of_race = [[losses[known[:, t] & (some.groups == g), t].mean().item() for t in range(2)] for g in range(3)]
    return np.array(of_race), np.array([losses[known[:, t], t].mean().item() for t in range(2)])


def test_the_loss_is_the_linearised_lagrangian() -> None:
    method, some = make(Fairalm, {"by": "race", "eta": 0.5}), batch()
    multipliers = torch.tensor([[0.3, -0.1], [0.0, 0.2], [-0.3, 0.1]])
    method.get_buffer("multipliers").copy_(multipliers[None])
    s, everyone = group_losses(method)
    mu = multipliers.numpy()
    wanted = ((mu + 0.5) * s - (mu - 0.5) * everyone).mean()
    plain = masked_bce(method(some.images), some.targets).item()
    assert method.loss(some).item() == pytest.approx(plain + wanted, rel=1e-5)


def test_multipliers_step_once_an_epoch_by_its_means_and_begin_anew() -> None:
    method, some = make(Fairalm, {"by": "race", "eta": 0.5}), batch()
    halves = (torch.arange(64) < 20, torch.arange(64) >= 20)
    for half in halves:
        method.loss(some.take(half))
    assert method.get_buffer("multipliers").abs().max() == 0
    method.after_epoch()
    s, everyone = group_losses(method)
    np.testing.assert_allclose(method.get_buffer("multipliers")[0].numpy(), 0.5 * (s - everyone), rtol=1e-4, atol=1e-6)
    assert method.get_buffer("numbers").abs().max() == 0
    method.after_epoch()  # an epoch without anybody changes nothing
    np.testing.assert_allclose(method.get_buffer("multipliers")[0].numpy(), 0.5 * (s - everyone), rtol=1e-4, atol=1e-6)


def test_by_race_and_label_each_label_has_multipliers_of_its_own() -> None:
    method, some = make(Fairalm), batch()
    method.loss(some)
    method.after_epoch()
    multipliers = method.get_buffer("multipliers")
    assert multipliers.shape == (2, 3, 2)
    losses = F.binary_cross_entropy_with_logits(method(some.images), some.targets.nan_to_num(0), reduction="none")
    ill = some.targets[:, 1] == 1
    wanted = losses[ill & (some.groups == 2), 1].mean() - losses[ill & (some.groups >= 0), 1].mean()
    torch.testing.assert_close(multipliers[1, 2, 1], wanted.detach(), rtol=1e-4, atol=1e-6)


def test_a_race_that_fares_worse_comes_to_weigh_more() -> None:
    """Labels of race 2 are flipped against what the others' say."""
    method, some = make(Fairalm, {"by": "race"}), batch(300)
    label = torch.randint(0, 2, (300,), generator=torch.Generator().manual_seed(1))
    some = some._replace(images=(label * 200).to(torch.uint8)[:, None, None, None].expand(-1, 1, 16, 16))
    said = torch.where(some.groups == 2, 1 - label, label)
    some = some._replace(targets=said[:, None].float().repeat(1, 2))
    optimizer = torch.optim.Adam(method.parameters(), lr=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        method.loss(some).backward()
        optimizer.step()
        method.after_epoch()
    multipliers = method.get_buffer("multipliers")[0]
    assert (multipliers[2] > 0).all()
    assert (multipliers[:2] < 0).all()
