"""Weight averaging against torch's own."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from bench.builtin.methods.swa import Swa
from torch.optim.swa_utils import AveragedModel

from tests.methods.samples import make


def moved(method: Swa, step: int) -> None:
    rng = torch.Generator().manual_seed(step)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=rng))


@pytest.mark.parametrize("dense", [True, False])
def test_the_average_is_torchs_of_the_weights_since_it_began(dense: bool) -> None:
    method = make(Swa, {"start": 0.5, "dense": dense})
    theirs = None
    assert method.averaged() is None
    for step in range(1, 11):
        type(method).progress = property(lambda self, step=step: step / 10)
        moved(method, step)
        method.after_step()
        if step % 2 == 0:
            method.after_epoch()
        if step > 5 and (dense or step % 2 == 0):
            theirs = theirs or AveragedModel(torch.nn.ModuleList([method.backbone, method.head]))
            theirs.update_parameters(torch.nn.ModuleList([method.backbone, method.head]))
        assert (method.averaged() is None) == (theirs is None)
    found = method.averaged()
    for name, module in (("backbone", theirs.module[0]), ("head", theirs.module[1])):
        for key, value in module.named_parameters():
            torch.testing.assert_close(found[f"{name}.{key}"], value.detach(), atol=1e-5, rtol=1e-4)


def test_epochs_before_it_began_are_not_chosen() -> None:
    for progress, ready in ((0.3, False), (0.5, False), (0.6, True)):
        assert make(Swa, {"start": 0.5}, progress=progress).ready() is ready


def test_the_learning_rate_stays_once_averaging_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    for progress, expected in ((0.2, 0.77), (0.9, 0.5 * 1e-3)):
        method, rates = make(Swa, {"start": 0.5, "swa_lr": 0.5, "lr": 1e-3}, progress=progress), []
        groups = [{"lr": 0.77}]
        optimizer = SimpleNamespace(
            param_groups=groups, step=lambda groups=groups, rates=rates: rates.append(groups[0]["lr"])
        )
        monkeypatch.setattr(type(method), "optimizer", property(lambda self, optimizer=optimizer: optimizer))
        called = []
        method.step(lambda called=called: called.append(1))
        assert called == [1]
        assert rates == [pytest.approx(expected)]
