"""Correct-n-contrast: pairs go by the first network's decisions."""

from __future__ import annotations

import math

import numpy as np
import torch
from bench.builtin.methods.cnc import Cnc

from bench.method import TrainingSet, masked_bce
from tests.methods.samples import batch, make

N = 14


def test_it_is_the_papers_sum_over_positives_and_negatives() -> None:
    rng = torch.Generator().manual_seed(0)
    z = torch.nn.functional.normalize(torch.randn(N, 3, generator=rng))
    y, decided = ((torch.rand(N, generator=rng) < 0.5).float() for _ in range(2))
    y[3], decided[5] = torch.nan, 0.5  # unknown; not seen by the first network
    points, t, losses = z.double().numpy(), 0.2, []
    for i in range(N):
        there = [j for j in range(N) if j not in (i, 3, 5)]
        positives = [j for j in there if y[j] == y[i] and decided[j] != decided[i]]
        negatives = [j for j in there if y[j] != y[i] and decided[j] == decided[i]]
        if i in (3, 5) or not positives:
            continue
        below = sum(math.exp(points[i] @ points[j] / t) for j in positives + negatives)
        losses.append(-np.mean([math.log(math.exp(points[i] @ points[p] / t) / below) for p in positives]))
    found = make(Cnc, {"temperature": t}).contrast(z, y, decided).item()
    assert math.isclose(found, np.mean(losses), rel_tol=1e-5)


def test_decisions_of_the_first_network_are_kept_and_used_by_the_second() -> None:
    method, some = make(Cnc, {"weight": 0.75}), batch()
    some = some._replace(index=torch.arange(len(some.groups)))
    known = TrainingSet(some.targets, some.groups)
    method.prepare(known)
    method.keep_start()
    method.stage = "identify"
    logits = method(some.images)
    torch.testing.assert_close(method.loss(some), masked_bce(logits, some.targets))
    assert torch.equal(method.decisions.values, (logits > 0).float())
    decided = method.decisions.values.clone()
    with torch.no_grad():
        method.head.weight.mul_(-1.0)
    method.begin("train", known)
    method.stage = "train"
    assert torch.equal(method(some.images), logits)
    assert torch.equal(method.decisions.values, decided)
    embeddings = method.projection(method.features(some.images))
    contrasts = [method.contrast(embeddings[t], some.targets[:, t], decided[:, t]) for t in range(2)]
    expected = 0.75 * torch.stack(contrasts).mean() + 0.25 * masked_bce(logits, some.targets)
    torch.testing.assert_close(method.loss(some), expected)


def test_a_first_network_without_errors_leaves_nothing_to_draw_together() -> None:
    y = torch.arange(N) % 2 * 1.0
    z = torch.nn.functional.normalize(torch.randn(N, 3, generator=torch.Generator().manual_seed(0)))
    assert make(Cnc).contrast(z, y, y).item() == 0.0
