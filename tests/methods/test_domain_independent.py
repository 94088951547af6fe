"""Domain-independent training: one head learns from an image, all heads diagnose it."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.domain_independent import DomainIndependent

from bench.method import bce_elements
from tests.methods.samples import batch, make


def test_at_test_probabilities_are_averaged_or_logits() -> None:
    features = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))
    for combine in ("probabilities", "logits"):
        method = make(DomainIndependent, {"combine": combine})
        heads = method.experts(features).detach().double().numpy()
        p = 1 / (1 + np.exp(-heads))
        expected = heads.mean(1) if combine == "logits" else np.log(p.mean(1) / (1 - p.mean(1)))
        np.testing.assert_allclose(method.classify(features).detach().numpy(), expected, atol=1e-5)


def test_large_logits_are_averaged_without_overflow() -> None:
    method = make(DomainIndependent)
    found = method.together(torch.tensor([[[200.0], [200.0], [150.0]], [[-300.0], [-300.0], [-300.0]]]))
    assert found.isfinite().all()
    torch.testing.assert_close(found[1], torch.tensor([-300.0]))


def test_each_image_is_learnt_from_by_the_head_of_its_race() -> None:
    method, some = make(DomainIndependent), batch()
    method.loss(some).backward()
    whole = method.head.weight.grad.clone()
    features = method.features(some.images)
    total, count = torch.zeros(()), 0
    for image in range(len(some.groups)):
        own = method.experts(features[image : image + 1])[:, some.groups[image]]
        logits = own if some.groups[image] >= 0 else method.classify(features[image : image + 1])
        losses, known = bce_elements(logits, some.targets[image : image + 1])
        total, count = total + losses.sum(), count + int(known.sum())
    torch.testing.assert_close(method.loss(some), total / count)
    torch.testing.assert_close(whole, torch.autograd.grad(total / count, method.head.weight)[0])
    # A head learns nothing from other races: those of race 0 alone leave the others' rows alone.
    method.zero_grad()
    method.loss(some.take(some.groups == 0)).backward()
    rows = method.head.weight.grad.abs().sum(1)
    assert rows[:2].all()
    assert not rows[2:].any()
