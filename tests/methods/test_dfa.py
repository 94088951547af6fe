"""Disentangled feature augmentation: which half learns from what, before and after the swap."""

from __future__ import annotations

import torch
from bench.builtin.methods.dfa import Dfa

from bench.method import Batch, TrainingSet, bce_elements
from bench.method.pieces.difficulty import generalised
from tests.methods.samples import batch, make


def prepared(progress: float, **values: object) -> tuple[Dfa, Batch]:
    method, some = make(Dfa, values, progress), batch(12)
    method.prepare(TrainingSet(some.targets, some.groups))
    return method, some._replace(index=torch.arange(12))


def by_hand(method: Dfa, some: Batch, order: torch.Tensor | None) -> torch.Tensor:
    """The loss of equations 1 to 4, an image and a target at a time."""
    z = method.features(some.images).detach()
    own, known = bce_elements(method.head(z), some.targets)
    biased, _ = bce_elements(method.easy_head(z), some.targets)
    other, _ = prepared(0.0)
    weights = other.difficulty(some, biased, own)
    total = ((weights * own + method.biased * (-0.7 * biased).exp() * biased) * known).sum() / known.sum()
    if order is None:
        return total
    swapped = torch.stack([torch.cat([z[i, :6], z[order[i], 6:]]) for i in range(12)])
    targets = some.targets[order]
    own, _ = bce_elements(method.head(swapped), some.targets)
    biased, there = bce_elements(method.easy_head(swapped), targets)
    second = (weights * own).sum() / known.sum()
    second = second + method.biased * ((-0.7 * biased).exp() * biased).sum() / there.sum()
    return total + method.swap * second


def test_before_the_swap_and_after_it() -> None:
    for progress in (0.1, 0.9):
        method, some = prepared(progress, warmup=0.3, biased=2.0, swap=0.5)
        torch.manual_seed(5)
        found = method.loss(some)
        torch.manual_seed(5)
        order = torch.randperm(12) if progress > 0.3 else None
        torch.testing.assert_close(found, by_hand(method, some, order))


def test_each_head_teaches_its_own_half_alone() -> None:
    method, some = prepared(0.0, warmup=0.3, biased=2.0)
    method.loss(some).backward()
    hard, easy = method.features(some.images).detach().chunk(2, 1)
    images = method.normalise(some.images)
    for encoder, head, first in ((method.backbone, method.head, True), (method.easy_encoder, method.easy_head, False)):
        z = encoder(images)
        losses, known = bce_elements(head(torch.cat([z, easy] if first else [hard, z], 1)), some.targets)
        if first:
            other, _ = prepared(0.0)
            biased, _ = bce_elements(method.easy_head(torch.cat([hard, easy], 1)), some.targets)
            losses = other.difficulty(some, biased.detach(), losses.detach()) * losses
        else:
            losses = 2.0 * generalised(losses, 0.7)
        expected = torch.autograd.grad(losses.sum() / known.sum(), encoder.linear.weight)[0]
        torch.testing.assert_close(encoder.linear.weight.grad, expected)


def test_epochs_before_the_swap_are_not_chosen() -> None:
    assert not prepared(0.2, warmup=0.3)[0].ready()
    assert prepared(0.3, warmup=0.3)[0].ready()
