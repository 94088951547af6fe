"""What all methods that train against a reader of race must do."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from bench.builtin.methods.cfair import Cfair
from bench.builtin.methods.erm import Erm
from bench.builtin.methods.laftr import Laftr
from bench.builtin.methods.lnl import Lnl
from bench.builtin.methods.uniform_confusion import UniformConfusion

from bench.method import Method, TrainingSet, masked_bce
from tests.methods.adversaries import read_race, shaded, trained
from tests.methods.samples import batch, make

#: Each with the weights at which it forgets race on these images.
AGAINST: dict[type[Method], dict[str, object]] = {
    UniformConfusion: {"strength": 3.0, "adversary_steps": 5},
    Laftr: {"strength": 2.0, "adversary_steps": 5},
    Cfair: {"strength": 1.0, "adversary_steps": 5},
    Lnl: {"strength": 1.0, "reversal": 0.3, "adversary_steps": 5},
}


@pytest.mark.parametrize("cls", AGAINST)
def test_race_becomes_harder_to_read_for_a_fresh_reader_and_the_diagnosis_stays(cls: type[Method]) -> None:
    plain, against = trained(Erm, {}), trained(cls, AGAINST[cls])
    some = shaded()
    assert read_race(against) > 2 * read_race(plain)
    assert masked_bce(against(some.images), some.targets).item() < 0.4


@pytest.mark.parametrize("cls", AGAINST)
def test_the_main_optimiser_does_not_hold_the_adversary(cls: type[Method]) -> None:
    """One public LNL gave it the encoder's parameters instead, and never trained it."""
    method = make(cls)
    method._trainer = SimpleNamespace(estimated_stepping_batches=10)  # type: ignore[assignment]
    held = {id(p) for group in method.configure_optimizers()["optimizer"].param_groups for p in group["params"]}
    adversary = {id(p) for p in method.adversary.parameters()}
    assert adversary
    assert not held & adversary


@pytest.mark.parametrize("cls", AGAINST)
def test_the_adversary_learns_and_its_steps_move_nothing_else(cls: type[Method]) -> None:
    method, some = make(cls), shaded()
    method.prepare(TrainingSet(some.targets, some.groups))
    before = [p.clone() for p in (*method.backbone.parameters(), *method.head.parameters())]
    losses = []
    step = method.adversary.step
    method.adversary.step = lambda loss: (losses.append(loss.item()), step(loss))  # type: ignore[method-assign]
    for _ in range(30):
        method.loss(some)
    assert losses[-1] < 0.7 * losses[0]
    after = (*method.backbone.parameters(), *method.head.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("cls", AGAINST)
def test_before_the_warm_up_the_encoder_is_trained_for_the_diagnosis_alone(cls: type[Method]) -> None:
    method, some = make(cls, progress=0.0), batch()
    some = some._replace(targets=(torch.arange(64) % 2)[:, None].float().repeat(1, 2))  # labels that weigh alike
    method.prepare(TrainingSet(some.targets, some.groups))
    torch.testing.assert_close(method.loss(some), masked_bce(method(some.images), some.targets))
    assert not method.ready()
