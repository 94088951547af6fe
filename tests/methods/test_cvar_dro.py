"""The mean of the worst share of the images."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.cvar_dro import CvarDro
from bench.builtin.methods.erm import Erm
from scipy.optimize import linprog
from torch.nn import functional as F

from tests.methods.samples import batch, make


def by_target(method: CvarDro) -> list[np.ndarray]:
    """The losses of each target over known labels."""
    some = batch(20)
    losses = F.binary_cross_entropy_with_logits(method(some.images), some.targets.nan_to_num(0), reduction="none")
    known = ~torch.isnan(some.targets)
    return [losses[known[:, t], t].detach().numpy() for t in range(2)]


@pytest.mark.parametrize("alpha", [0.02, 0.13, 0.5, 1.0])
def test_it_is_the_worst_reweighting_with_weights_up_to_1_over_alpha_n(alpha: float) -> None:
    """CVaR's dual, as a linear programme; with αn < 1 it is the largest loss."""
    method = make(CvarDro, {"alpha": alpha})
    values = []
    for losses in by_target(method):
        n = len(losses)
        bound = max(1 / (alpha * n), 1 / n) if alpha * n >= 1 else 1.0
        solved = linprog(-losses, A_eq=np.ones((1, n)), b_eq=[1], bounds=(0, bound))
        values.append(-solved.fun)
    assert method.loss(batch(20)).item() == pytest.approx(np.mean(values), rel=1e-5)


def test_with_everybody_it_is_erms_mean_of_each_target() -> None:
    some = batch()
    some = some._replace(targets=some.targets.nan_to_num(0.0))
    torch.testing.assert_close(make(CvarDro, {"alpha": 1.0}).loss(some), make(Erm).loss(some))


def test_only_the_worst_have_a_gradient() -> None:
    method, some = make(CvarDro, {"alpha": 0.1}), batch(50)._replace(targets=torch.ones(50, 2))
    logits = torch.linspace(-3, 3, 50)[:, None].repeat(1, 2).requires_grad_()
    method.forward = lambda images: logits  # type: ignore[method-assign, assignment]
    method.loss(some).backward()
    assert logits.grad is not None
    assert (logits.grad[:5] < 0).all()
    assert (logits.grad[5:] == 0).all()
