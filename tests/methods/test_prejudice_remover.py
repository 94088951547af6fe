"""Mutual information of prediction and race."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.prejudice_remover import PrejudiceRemover
from sklearn.metrics import mutual_info_score

from tests.methods.samples import batch, make

NOTHING = torch.empty(0)


def test_of_sure_decisions_it_is_scikit_learns_mutual_information() -> None:
    some = batch(300)
    decisions = torch.rand(300, 2, generator=torch.Generator().manual_seed(1)) < 0.2 + 0.3 * some.groups[:, None]
    known = some.groups >= 0
    wanted = [mutual_info_score(some.groups[known], decisions[known, t]) for t in range(2)]
    got = make(PrejudiceRemover).penalty(NOTHING, 120.0 * decisions - 60, some)
    assert got.item() == pytest.approx(np.mean(wanted), rel=1e-4)


def test_of_probabilities_it_is_kamishimas_sum_over_images_over_their_number() -> None:
    """Σ_i Σ_y P(y | x_i) ln P(y | s_i) / P(y), their equation 6 with the model's own probabilities."""
    some, logits = batch(), torch.randn(64, 2, generator=torch.Generator().manual_seed(1))
    known, p = some.groups >= 0, logits.sigmoid()
    total = 0.0
    for t in range(2):
        everyone = p[known, t].mean()
        for i in known.nonzero().flatten().tolist():
            mine = p[some.groups == some.groups[i], t].mean()
            total += (p[i, t] * (mine / everyone).log() + (1 - p[i, t]) * ((1 - mine) / (1 - everyone)).log()).item()
    got = make(PrejudiceRemover).penalty(NOTHING, logits, some).item()
    assert got == pytest.approx(total / known.sum().item() / 2, rel=1e-3, abs=1e-6)


def test_probabilities_of_0_and_1_leave_a_finite_gradient() -> None:
    some, logits = batch(), torch.full((64, 2), -300.0, requires_grad=True)
    make(PrejudiceRemover).penalty(NOTHING, logits, some).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
