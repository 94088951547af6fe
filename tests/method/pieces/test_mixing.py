"""Who is mixed with whom, and the loss of a mixture."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from bench.method.pieces import mixed_bce, partners


def test_partners_are_among_the_allowed_and_each_comes_up() -> None:
    allowed = torch.tensor([[0, 1, 1], [0, 0, 0], [1, 0, 0]]).bool()
    drawn = torch.stack([partners(allowed) for _ in range(100)])
    assert set(drawn[:, 0].tolist()) == {1, 2}
    assert set(drawn[:, 1].tolist()) == {1}
    assert set(drawn[:, 2].tolist()) == {0}


def test_a_mixture_is_scored_on_both_labels_where_they_are_known() -> None:
    logits, targets = torch.randn(3, 2), torch.tensor([[1.0, torch.nan], [0, 1], [1, 0]])
    partner, share = torch.tensor([1, 2, 0]), torch.tensor([0.7, 0.5, 1.0])
    total = weight = 0.0
    for i in range(3):
        for t in range(2):
            for labels, part in ((targets[i, t], share[i]), (targets[partner[i], t], 1 - share[i])):
                if not torch.isnan(labels):
                    total += part.item() * F.binary_cross_entropy_with_logits(logits[i, t], labels).item()
                    weight += part.item()
    assert mixed_bce(logits, targets, partner, share).item() == pytest.approx(total / weight, rel=1e-5)


def test_mixed_with_oneself_it_is_the_plain_loss() -> None:
    logits, targets = torch.randn(5, 2), torch.randint(0, 2, (5, 2)).float()
    found = mixed_bce(logits, targets, torch.arange(5), torch.rand(5))
    torch.testing.assert_close(found, F.binary_cross_entropy_with_logits(logits, targets))
    unknown = mixed_bce(logits, torch.full((5, 2), torch.nan), torch.arange(5), torch.rand(5))
    assert unknown.item() == 0
