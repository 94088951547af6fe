"""Fair supervised contrast against the paper's sums, and the slips of its public code."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from bench.builtin.methods.fscl import Fscl, pairs

from bench.method import TrainingSet, masked_bce
from tests.methods.samples import batch, make

N = 14


def some(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Embeddings of length 1, labels and races, one of each unknown."""
    rng = torch.Generator().manual_seed(seed)
    embeddings = torch.nn.functional.normalize(torch.randn(N, 3, generator=rng))
    labels = (torch.rand(N, generator=rng) < 0.5).float()
    groups = torch.randint(0, 2, (N,), generator=rng)
    labels[0], groups[1] = torch.nan, -1
    return embeddings, labels, groups


def by_hand(z: np.ndarray, y: np.ndarray, a: np.ndarray, t: float, group_norm: bool) -> float:
    """-Σ_i w_i / |P(i)| Σ_p log(exp s_ip / Σ_n exp s_in), n of another label and the same race."""
    total, mass = 0.0, 0.0
    for i in range(len(z)):
        positives = [j for j in range(len(z)) if j != i and y[j] == y[i]]
        negatives = [j for j in range(len(z)) if y[j] == 1 - y[i] and a[j] == a[i] >= 0]
        if not positives or not negatives:
            continue
        below = sum(math.exp(z[i] @ z[n] / t) for n in negatives)
        loss = -np.mean([math.log(math.exp(z[i] @ z[p] / t) / below) for p in positives])
        cell = sum((y == y[i]) & (a == a[i]))
        weight = 1 / cell if group_norm else 1.0
        total, mass = total + weight * loss, mass + weight
    return total / mass


@pytest.mark.parametrize("group_norm", [False, True])
def test_it_is_the_papers_sum(group_norm: bool) -> None:
    z, y, a = some()
    method = make(Fscl, {"temperature": 0.2, "group_norm": group_norm})
    expected = by_hand(z.double().numpy(), y.numpy(), a.numpy(), 0.2, group_norm)
    assert math.isclose(method.contrast(z, y, a).item(), expected, rel_tol=1e-5)


def test_an_anchor_alone_in_its_race_and_label_is_no_nan() -> None:
    """The authors' FSCL+ divides by the positives of the anchor's race, and takes log 1 where nobody is below."""
    z, y, a = some()
    y[:], a[:] = torch.tensor([0.0, 1.0]).repeat(N // 2), 0
    a[2] = 1
    for group_norm in (False, True):
        method, leaf = make(Fscl, {"group_norm": group_norm}), z.clone().requires_grad_()
        loss = method.contrast(leaf, y, a)
        loss.backward()
        assert math.isfinite(loss.item())
        assert leaf.grad.isfinite().all()
        # With nobody of its race to be told from, image 2 is no anchor: its own loss has no part.
        rest = torch.arange(N) != 2
        expected = by_hand(z.double().numpy(), y.numpy(), a.numpy(), 0.1, group_norm)
        assert math.isclose(loss.item(), expected, rel_tol=1e-5)
        assert not math.isclose(method.contrast(z[rest], y[rest], a[rest]).item(), 0.0)


def test_unknown_labels_pair_with_nobody() -> None:
    alike, unlike = pairs(torch.tensor([0.0, torch.nan, 0.0, 1.0]))
    assert alike.tolist() == [
        [True, False, True, False],
        [False] * 4,
        [True, False, True, False],
        [False, False, False, True],
    ]
    assert unlike.tolist() == [
        [False, False, False, True],
        [False] * 4,
        [False, False, False, True],
        [True, False, True, False],
    ]


def test_the_encoder_learns_by_contrast_alone_and_the_head_from_frozen_features() -> None:
    method, images = make(Fscl), batch()
    method.stage = "encoder"
    method.loss(images).backward()
    features = method.features(images.images)
    embeddings = method.projection(features)
    contrast = torch.stack(
        [method.contrast(e, y, images.groups) for e, y in zip(embeddings, images.targets.T, strict=True)]
    )
    expected = torch.autograd.grad(contrast.mean(), method.backbone.linear.weight)[0]
    torch.testing.assert_close(method.backbone.linear.weight.grad, expected)
    assert method.head.weight.grad.any()
    method.begin("head", TrainingSet(images.targets, images.groups))
    method.stage = "head"
    torch.testing.assert_close(method.loss(images), masked_bce(method(images.images), images.targets))
    learning = {name for name, parameter in method.named_parameters() if parameter.requires_grad}
    assert learning == {"head.weight", "head.bias"}


def test_the_encoders_last_epoch_is_kept() -> None:
    for stage, progress, ready in (("encoder", 0.5, False), ("encoder", 1.0, True), ("head", 0.2, True)):
        method = make(Fscl, progress=progress)
        method.stage = stage
        assert method.ready() is ready


def test_descending_on_it_gathers_labels_across_races() -> None:
    torch.manual_seed(0)
    labels, groups = torch.arange(60) % 2 * 1.0, torch.randint(0, 2, (60,))
    points = torch.randn(60, 3).requires_grad_()
    method, optimizer = make(Fscl), torch.optim.Adam([points], lr=0.05)
    for _ in range(100):
        optimizer.zero_grad()
        method.contrast(torch.nn.functional.normalize(points), labels, groups).backward()
        optimizer.step()
    z = torch.nn.functional.normalize(points.detach())
    cosines, alike = z @ z.T, labels[:, None] == labels
    across = groups[:, None] != groups
    assert cosines[alike & across].mean() > 0.8
    assert cosines[~alike].mean() < 0.0
