"""Squared logits beside the diagnosis's loss."""

from __future__ import annotations

import torch
from bench.builtin.methods.spectral_decoupling import SpectralDecoupling

from bench.method import masked_bce
from tests.methods.samples import batch, make


def test_it_is_erm_plus_half_the_squared_logits() -> None:
    method, some = make(SpectralDecoupling, {"strength": 0.3}), batch()
    logits = method(some.images)
    torch.testing.assert_close(method.loss(some), masked_bce(logits, some.targets) + 0.15 * (logits**2).mean())


def test_logits_settle_where_its_closed_form_says() -> None:
    """At the optimum of log(1 + e^-l) + λ/2 l² the slope σ(-l) is λ l (Pezeshki et al., 2021)."""
    method, some = make(SpectralDecoupling, {"strength": 0.2}), batch()
    some = some._replace(targets=torch.ones_like(some.targets))
    method.head.weight.data.zero_()
    optimizer = torch.optim.SGD(method.head.parameters(), lr=0.5)
    for _ in range(300):
        optimizer.zero_grad()
        method.head.weight.data.zero_()
        method.loss(some).backward()
        optimizer.step()
    bias = method.head.bias.detach()
    torch.testing.assert_close(torch.sigmoid(-bias), 0.2 * bias, rtol=1e-3, atol=1e-4)
