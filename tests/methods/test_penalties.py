"""What every method whose loss is a formula of a batch must do: found by listing, as all methods are."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.method import Batch, Method, TrainingSet, masked_bce
from bench.method.pieces import Penalised
from bench.plugins.registry import METHODS
from tests.methods.samples import batch, make

#: Those that draw random numbers in their loss, so that the order of a batch decides who is given which.
RANDOM = {"mixup", "lisa", "amplitude_mix", "fair_mixup"}
CLASSES = {entry.name: entry.load() for entry in METHODS.entries()}
PENALISED = [name for name, cls in CLASSES.items() if issubclass(cls, Penalised)]
#: Penalties that need no race.
WITHOUT_RACE = {"spectral_decoupling"}


def prepared(name: str, train: Batch) -> Method:
    cls = CLASSES[name]
    method = make(cls)
    groups = torch.full_like(train.groups, -1) if cls.uses_race == "never" else train.groups
    method.prepare(TrainingSet(train.targets, groups))
    return method


def test_most_of_these_methods_are_found() -> None:
    assert len(PENALISED) >= 15


@pytest.mark.parametrize("name", [name for name in PENALISED if name not in RANDOM])
def test_the_order_of_a_batch_does_not_matter(name: str) -> None:
    some = batch()
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    once, again = (prepared(name, some).loss(one).item() for one in (some, some.take(order)))
    assert again == pytest.approx(once, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", [name for name in PENALISED if name not in WITHOUT_RACE])
def test_where_no_race_is_known_or_one_alone_there_is_nothing_to_penalise(name: str) -> None:
    """With one race nothing lies between races; what is penalised within one (IRM, EnD, …) is finite."""
    some = batch()
    unknown = some._replace(groups=torch.full_like(some.groups, -1))
    method = prepared(name, some)
    assert method.loss(unknown).item() == pytest.approx(masked_bce(method(some.images), some.targets).item(), rel=1e-5)
    assert math.isfinite(prepared(name, some).loss(some._replace(groups=torch.zeros_like(some.groups))).item())


@pytest.mark.parametrize("name", PENALISED)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_whatever_is_unknown_loss_and_gradient_are_finite(name: str, data: st.DataObject) -> None:
    """Batches of one to eight images in which any label and any race may be unknown."""
    n = data.draw(st.integers(1, 8))
    groups = torch.tensor(data.draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n)))
    labels = st.sampled_from([0.0, 1.0, math.nan])
    targets = torch.tensor(data.draw(st.lists(st.tuples(labels, labels), min_size=n, max_size=n)))
    method = prepared(name, batch())
    loss = method.loss(batch(n)._replace(groups=groups, targets=targets) if n > 1 else _one(groups, targets))
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in method.parameters())


def _one(groups: torch.Tensor, targets: torch.Tensor) -> Batch:
    return batch(2).take(torch.tensor([0]))._replace(groups=groups, targets=targets)
