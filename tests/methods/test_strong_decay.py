"""Strong weight decay: an optimiser's setting and a stop."""

from __future__ import annotations

from types import SimpleNamespace

from bench.builtin.methods.strong_decay import StrongDecay

from bench.method.hyperparameters import hyperparameters
from tests.methods.samples import make


def test_the_optimiser_decays_by_it() -> None:
    method = make(StrongDecay, {"weight_decay": 0.7})
    method._trainer = SimpleNamespace(estimated_stepping_batches=10)
    assert method.configure_optimizers()["optimizer"].param_groups[0]["weight_decay"] == 0.7
    assert hyperparameters(StrongDecay)["weight_decay"].high == 1.0


def test_no_epoch_after_the_stop_is_chosen() -> None:
    for progress, ready in ((0.1, True), (0.5, True), (0.6, False), (1.0, False)):
        assert make(StrongDecay, {"stop": 0.5}, progress=progress).ready() is ready
