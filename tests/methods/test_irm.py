"""IRMv1's penalty without bias, by its definition."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from bench.builtin.methods.irm import Irm

from bench.method import Batch, masked_bce
from tests.methods.samples import batch, make


def slopes(method: Irm, some: Batch) -> torch.Tensor:
    """d/dw ℓ(w l) at 1 of every element, by autograd; NaN where the label is unknown."""
    logits, found = method(some.images).detach(), torch.full(some.targets.shape, torch.nan)
    for i, t in (~torch.isnan(some.targets)).nonzero().tolist():
        w = torch.ones((), requires_grad=True)
        masked_bce((w * logits[i, t]).view(1, 1), some.targets[i, t].view(1, 1)).backward()
        assert w.grad is not None
        found[i, t] = w.grad
    return found


def test_it_is_the_mean_product_over_pairs_of_images_of_a_race() -> None:
    method, some = make(Irm, {"strength": 3.0}), batch(30)
    r, found = slopes(method, some), []
    for group in range(3):
        for t in range(2):
            inside = [i for i in range(30) if some.groups[i] == group and not torch.isnan(r[i, t])]
            found.append(np.mean([(r[i, t] * r[j, t]).item() for i, j in combinations(inside, 2)]))
    wanted = masked_bce(method(some.images), some.targets).item() + 3.0 * np.mean(found)
    assert method.loss(some).item() == pytest.approx(wanted, rel=1e-5)


def test_it_is_what_two_random_halves_give_on_average() -> None:
    method, some = make(Irm), batch(40)._replace(groups=torch.zeros(40).long(), targets=torch.ones(40, 2))
    logits = method(some.images)
    r = slopes(method, some)
    rng = np.random.default_rng(0)
    products = []
    for _ in range(4000):
        order = rng.permutation(40)
        products.append((r[order[:20]].mean(0) * r[order[20:]].mean(0)).mean().item())
    exact = method.penalty(torch.empty(0), logits, some).item()
    assert exact == pytest.approx(np.mean(products), abs=4 * np.std(products) / 4000**0.5)


def test_one_image_of_a_race_says_nothing_and_two_do() -> None:
    """Public code leaves such a race out by accident: one of its two halves is empty, and NaN has no gradient."""
    method, some = make(Irm), batch(4)._replace(targets=torch.ones(4, 2))
    logits = method(some.images)
    alone = some._replace(groups=torch.tensor([0, 1, 2, -1]))
    two = some._replace(groups=torch.tensor([0, 0, 1, -1]))
    assert method.penalty(torch.empty(0), logits, alone).item() == 0
    assert method.penalty(torch.empty(0), logits, two).item() != 0


def test_of_small_batches_it_is_right_on_average_where_the_squared_mean_is_not() -> None:
    """A head that is the best in expectation has penalty 0 on average; the squared gradient of a batch has not."""
    rng = torch.Generator().manual_seed(0)
    method, found, naive = make(Irm), [], []
    for _ in range(400):
        logits = torch.randn(8, 2, generator=rng)
        targets = (torch.rand(8, 2, generator=rng) < logits.sigmoid()).float()
        some = Batch(torch.empty(8, 0), targets, torch.zeros(8).long())
        found.append(method.penalty(torch.empty(0), logits, some).item())
        naive.append(((logits.sigmoid() - targets) * logits).mean(0).square().mean().item())
    assert abs(np.mean(found)) < 3 * np.std(found) / 20
    assert np.mean(naive) > 5 * np.std(naive) / 20
