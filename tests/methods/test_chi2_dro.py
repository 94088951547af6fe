"""The worst reweighting within a χ²-ball."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.chi2_dro import Chi2Dro
from scipy.optimize import minimize
from torch.nn import functional as F

from tests.methods.samples import batch, make


def primal(losses: np.ndarray, rho: float) -> float:
    """max Σ q ℓ over q ≥ 0, Σ q = 1, ½ mean((nq - 1)²) ≤ ρ, by a general solver."""
    n = len(losses)
    ball = {"type": "ineq", "fun": lambda q: rho - 0.5 * np.mean((n * q - 1) ** 2)}
    one = {"type": "eq", "fun": lambda q: q.sum() - 1}
    found = minimize(
        lambda q: -q @ losses, np.full(n, 1 / n), bounds=[(0, 1)] * n, constraints=[ball, one], options={"maxiter": 500}
    )
    return float(-found.fun)


@pytest.mark.parametrize("rho", [0.1, 1.0, 10.0])
def test_it_is_the_solution_of_the_primal(rho: float) -> None:
    method, some = make(Chi2Dro, {"rho": rho}), batch(12)
    losses = F.binary_cross_entropy_with_logits(method(some.images), some.targets.nan_to_num(0), reduction="none")
    known = ~torch.isnan(some.targets)
    wanted = [primal(losses[known[:, t], t].detach().double().numpy(), rho) for t in range(2)]
    assert method.loss(some).item() == pytest.approx(np.mean(wanted), rel=1e-3)


def test_weights_grow_with_the_loss_and_the_best_have_none() -> None:
    method, some = make(Chi2Dro, {"rho": 1.0}), batch(50)._replace(targets=torch.ones(50, 2))
    logits = torch.linspace(-3, 3, 50)[:, None].repeat(1, 2).requires_grad_()
    method.forward = lambda images: logits  # type: ignore[method-assign, assignment]
    method.loss(some).backward()
    assert logits.grad is not None
    weights = logits.grad[:, 0] / -torch.sigmoid(-logits[:, 0].detach())
    assert (weights.diff() <= 0).all()
    assert weights[-1] == 0 < weights[0]


def test_losses_that_are_all_alike_weigh_alike() -> None:
    method, some = make(Chi2Dro), batch(30)._replace(targets=torch.ones(30, 2))
    method.forward = lambda images: torch.zeros(30, 2)  # type: ignore[method-assign, assignment]
    assert method.loss(some).item() == pytest.approx(np.log(2), rel=1e-5)
