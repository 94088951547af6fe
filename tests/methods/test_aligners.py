"""What the methods that draw the races' features together have in common, and must do."""

from __future__ import annotations

import pytest
import torch
from bench.builtin.methods.coral import Coral
from bench.builtin.methods.distance_correlation import DistanceCorrelation
from bench.builtin.methods.hsic import Hsic
from bench.builtin.methods.logit_matching import LogitMatching
from bench.builtin.methods.mmd import Mmd

from bench.method import Batch, masked_bce
from bench.method.pieces import Penalised
from tests.methods.samples import batch, make

ALIGNERS = (Mmd, Coral, Hsic, DistanceCorrelation, LogitMatching)


def shaded(n: int = 200, telling: bool = False) -> Batch:
    """Images whose upper half shows the label and whose lower half the race; ``telling``, race goes with the label."""
    rng = torch.Generator().manual_seed(0)
    some = batch(n)
    label = torch.randint(0, 2, (n,), generator=rng)
    groups = torch.where(torch.rand(n, generator=rng) < 0.8, label, 1 - label) if telling else some.groups
    noise = torch.randint(0, 60, (n, 1, 16, 16), generator=rng)
    rows = torch.arange(16)[:, None] < 8
    shade = torch.where(rows, 100 * label[:, None, None, None], 60 * groups.clamp(min=0)[:, None, None, None])
    return Batch((noise + shade).to(torch.uint8), label[:, None].float().repeat(1, 2), groups)


def trained(cls: type[Penalised], strength: float, some: Batch, steps: int = 60) -> Penalised:
    """After so many steps; of a strength of 0 the penalty has no part in them."""
    method = make(cls, {"strength": strength} if strength else {})
    optimizer = torch.optim.Adam(method.parameters(), lr=3e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        (method.loss(some) if strength else masked_bce(method(some.images), some.targets)).backward()
        optimizer.step()
    return method


def penalty(method: Penalised, some: Batch) -> float:
    with torch.no_grad():
        features = method.features(some.images)
        return method.penalty(features, method.classify(features), some).item()


@pytest.mark.parametrize("cls", ALIGNERS)
def test_training_lowers_the_distance_it_penalises_and_keeps_the_diagnosis(cls: type[Penalised]) -> None:
    some = shaded()
    plain, strong = (trained(cls, strength, some) for strength in (0.0, 10.0))
    assert penalty(strong, some) < 0.3 * penalty(plain, some)
    assert masked_bce(strong(some.images), some.targets).item() < 0.6


@pytest.mark.parametrize("cls", ALIGNERS)
def test_conditional_on_the_label_what_the_label_tells_of_race_may_stay(cls: type[Penalised]) -> None:
    """Features that are the label: they tell race, and within a label they tell none."""
    some = shaded(telling=True)
    features = some.targets.repeat(1, 3) + 0.1 * torch.randn(200, 6, generator=torch.Generator().manual_seed(1))
    logits = features[:, :2]
    free, within = (
        make(cls, {"conditional": conditional}).penalty(features, logits, some).item() for conditional in (False, True)
    )
    assert abs(within) < 0.1 * free


@pytest.mark.parametrize("cls", ALIGNERS)
def test_neither_scale_nor_place_of_the_features_matters(cls: type[Penalised]) -> None:
    some, method = shaded(), make(cls)
    features = method.features(some.images)
    once = method.penalty(features, features[:, :2], some).item()
    moved = method.penalty(50 * features + 3, 50 * features[:, :2] + 3, some).item()
    assert moved == pytest.approx(once, rel=0.02)


@pytest.mark.parametrize("cls", ALIGNERS)
def test_images_of_unknown_race_are_at_no_distance_from_anybody(cls: type[Penalised]) -> None:
    """One race and the unknown, far apart: there is nothing to align."""
    some, method = shaded(60), make(cls, {"conditional": False})
    features = torch.randn(60, 6, generator=torch.Generator().manual_seed(2))
    apart = some._replace(groups=torch.arange(60) % 2)
    features[apart.groups == 1] += 5
    assert method.penalty(features, features[:, :2], apart).item() > 0.01
    unknown = some._replace(groups=torch.where(apart.groups == 1, -1, 0))
    assert method.penalty(features, features[:, :2], unknown).item() == pytest.approx(0.0, abs=1e-6)
