"""Learning from failure: what each of the two networks descends on."""

from __future__ import annotations

import torch
from bench.builtin.methods.lff import Lff

from bench.method import Batch, TrainingSet, bce_elements
from bench.method.backbones.registry import frozen
from tests.methods.samples import SPEC, Flat, batch, make


def prepared(**values: object) -> tuple[Lff, Batch]:
    method, some = make(Lff, values), batch(12)
    method.prepare(TrainingSet(some.targets, some.groups))
    return method, some._replace(index=torch.arange(12))


def test_the_main_network_descends_on_the_weighted_losses() -> None:
    method, some = prepared()
    with torch.no_grad():
        easy, known = bce_elements(method.biased(method.normalise(some.images)), some.targets)
    hard, _ = bce_elements(method(some.images), some.targets)
    other, _ = prepared()
    weights = other.difficulty(some, easy, hard.detach())
    expected = torch.autograd.grad((weights * hard).sum() / known.sum(), method.head.weight)[0]
    found = torch.autograd.grad(method.loss(some), method.head.weight)[0]
    torch.testing.assert_close(found, expected)
    assert weights.std() > 0.05


def test_the_biased_network_descends_on_what_it_finds_easy() -> None:
    method, some = prepared(q=0.7)
    images = method.normalise(some.images)
    before = [p.detach().clone() for p in method.biased.parameters()]
    losses, known = bce_elements(method.biased(images), some.targets)
    loss = ((-losses).exp().detach() ** 0.7 * losses).sum() / known.sum()
    gradients = torch.autograd.grad(loss, list(method.biased.parameters()))
    method.loss(some)
    for old, new, gradient in zip(before, method.biased.parameters(), gradients, strict=True):
        # AdamW's first step: against the sign of the gradient.
        moved = (new - old).detach()
        clear = gradient.abs() > 1e-4
        assert torch.equal(moved[clear].sign(), -gradient[clear].sign())


def test_a_frozen_encoder_is_frozen_in_both_networks() -> None:
    torch.manual_seed(0)
    method, some = Lff(frozen(Flat()), SPEC), batch(12)
    method.prepare(TrainingSet(some.targets, some.groups))
    before = [p.detach().clone() for p in method.biased.network[0].parameters()]
    head = method.biased.network[1].weight.detach().clone()
    method.loss(some).backward()
    assert all(torch.equal(p, old) for p, old in zip(method.biased.network[0].parameters(), before, strict=True))
    assert not torch.equal(method.biased.network[1].weight, head)
