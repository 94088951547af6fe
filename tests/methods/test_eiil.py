"""Environments inferred in closed form, against the search that the authors make; and group DRO over them."""

from __future__ import annotations

import torch
from bench.builtin.methods.eiil import Eiil, environments

from bench.method import TrainingSet, bce_elements, masked_bce
from tests.methods.samples import batch, make


def test_the_closed_form_is_where_the_gradient_search_ends() -> None:
    """Adam on soft assignments, maximising the penalty of IRMv1 by automatic differentiation, as the authors do."""
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(40, generator=rng, dtype=torch.float64)
    labels = (torch.rand(40, generator=rng) < 0.5).double()
    soft = torch.randn(40, generator=rng, dtype=torch.float64, requires_grad=True)
    scale = torch.ones((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([soft], lr=0.1)

    def penalty(share: torch.Tensor) -> torch.Tensor:
        total = torch.zeros((), dtype=torch.float64)
        for q in (share, 1 - share):
            losses = torch.nn.functional.binary_cross_entropy_with_logits(logits * scale, labels, reduction="none")
            total = total + torch.autograd.grad((q * losses).mean(), scale, create_graph=True)[0].square()
        return total

    for _ in range(300):
        optimizer.zero_grad()
        (-penalty(soft.sigmoid())).backward()
        optimizer.step()
    found = environments((logits.sigmoid() - labels) * logits)
    searched = (soft > 0).long()
    assert torch.equal(found, searched) or torch.equal(1 - found, searched)
    assert penalty(found.double()) >= penalty(soft.sigmoid())
    # Which is whom the reference network gets wrong.
    assert torch.equal(found.bool(), (logits > 0) != (labels == 1))


def test_no_other_division_has_a_larger_penalty() -> None:
    slopes = torch.randn(10, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def penalty(environment: torch.Tensor) -> torch.Tensor:
        return sum(slopes[environment == e].sum().square() for e in (0, 1))

    every = ((torch.arange(1024)[:, None] >> torch.arange(10)) & 1).long()
    largest = max(penalty(one) for one in every)
    torch.testing.assert_close(penalty(environments(slopes)), largest)


def test_the_second_stage_weighs_environment_and_label_by_their_losses() -> None:
    method, some = make(Eiil, {"eta": 0.1}), batch()
    some = some._replace(index=torch.arange(len(some.groups)))
    method.prepare(TrainingSet(some.targets, some.groups))
    method.stage = "reference"
    torch.testing.assert_close(method.loss(some), masked_bce(method(some.images), some.targets))
    with torch.no_grad():
        method.head.weight.mul_(0.5)
    method.stage = "train"
    losses, _ = bce_elements(method(some.images), some.targets)
    wrong = environments(method.slopes.values)
    expected = []
    for target in range(2):
        cells = [(wrong[:, target] == e) & (some.targets[:, target] == y) for e in (0, 1) for y in (0, 1)]
        means = torch.stack([losses[cell, target].mean() if cell.any() else torch.zeros(()) for cell in cells])
        weights = 0.25 * torch.exp(0.1 * means.detach())
        expected.append((weights / weights.sum() * means).sum())
    torch.testing.assert_close(method.loss(some), torch.stack(expected).mean())
    torch.testing.assert_close(method.group_weights.sum((0, 1)), torch.ones(2))
    # What fares worst weighs most.
    assert method.group_weights[1].sum() > method.group_weights[0].sum()
