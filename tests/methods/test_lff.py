"""Learning from failure: the running losses, the weights that they make, and who gets the larger ones."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.lff import Lff

from bench.method import Batch, TrainingSet, bce_elements
from bench.method.backbones.registry import frozen
from tests.methods.samples import SPEC, Flat, batch, make


def prepared(**values: object) -> tuple[Lff, Batch]:
    method, some = make(Lff, values), batch(12)
    method.prepare(TrainingSet(some.targets, some.groups))
    return method, some._replace(index=torch.arange(12))


def weights_by_hand(easy: np.ndarray, hard: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """ℓ_b / (ℓ_b + ℓ_d), each over the largest of its class, scaled to average 1 over the known."""
    weights = np.zeros_like(easy)
    for t in range(2):
        for i in range(len(easy)):
            mates = labels[:, t] == labels[i, t]
            if mates.any():
                b, d = easy[i, t] / easy[mates, t].max(), hard[i, t] / hard[mates, t].max()
                weights[i, t] = b / (b + d)
    known = ~np.isnan(labels)
    return weights / weights[known].mean()


def test_two_steps_go_by_the_running_losses() -> None:
    method, some = prepared(decay=0.7)
    running: list[np.ndarray] = []
    for step in range(2):
        with torch.no_grad():
            if step:
                method.head.weight.mul_(-2.0)
            images = method.normalise(some.images)
            now = [bce_elements(net, some.targets)[0].numpy() for net in (method.biased(images), method(some.images))]
        running = [0.7 * old + 0.3 * new for old, new in zip(running, now, strict=True)] if step else now
        expected = (weights_by_hand(*running, some.targets.numpy()) * now[1]).sum() / 23
        np.testing.assert_allclose(method.loss(some).item(), expected, rtol=1e-5)


def test_the_biased_network_descends_on_what_it_finds_easy() -> None:
    method, some = prepared(q=0.7)
    method.biased.lr = 1e-3
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


def test_an_image_that_the_biased_network_fails_at_weighs_more_than_others_of_its_class() -> None:
    method, some = prepared()
    now = torch.ones(12, 2, 2)
    now[3, 0] = 20.0  # the biased network's loss
    weights = method._weights(some, now, ~torch.isnan(some.targets))
    for target in range(2):
        mates = (some.targets[:, target] == some.targets[3, target]) & (torch.arange(12) != 3)
        torch.testing.assert_close(weights[mates, target] / weights[3, target], torch.full((int(mates.sum()),), 2 / 21))


def test_a_network_that_knows_nothing_of_the_images_weighs_all_alike() -> None:
    method, some = prepared()
    weights = method._weights(some, torch.full((12, 2, 2), 0.7), ~torch.isnan(some.targets))
    known = ~torch.isnan(some.targets)
    torch.testing.assert_close(weights[known], torch.ones(23))


def test_a_frozen_encoder_is_frozen_in_both_networks() -> None:
    torch.manual_seed(0)
    method, some = Lff(frozen(Flat()), SPEC), batch(12)
    method.prepare(TrainingSet(some.targets, some.groups))
    before = [p.detach().clone() for p in method.biased.network[0].parameters()]
    head = method.biased.network[1].weight.detach().clone()
    method.loss(some).backward()
    assert all(torch.equal(p, old) for p, old in zip(method.biased.network[0].parameters(), before, strict=True))
    assert not torch.equal(method.biased.network[1].weight, head)
