"""The contrastive loss against its sums written out."""

from __future__ import annotations

import math

import numpy as np
import torch

from bench.method.pieces.contrastive import Projection, contrastive

B = 9


def embeddings(seed: int = 0) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(B, 4, generator=torch.Generator().manual_seed(seed)))


def written_out(z: np.ndarray, positives: np.ndarray, against: np.ndarray, t: float, weights: np.ndarray) -> float:
    total, mass = 0.0, 0.0
    for i in range(len(z)):
        mine = {p: positives[i, p] for p in range(len(z)) if p != i and positives[i, p] > 0}
        others = [j for j in range(len(z)) if j != i and against[i, j] > 0]
        if not mine or not others:
            continue
        denominator = math.log(sum(math.exp(z[i] @ z[j] / t) for j in others))
        loss = -sum(w * (z[i] @ z[p] / t - denominator) for p, w in mine.items()) / sum(mine.values())
        total, mass = total + weights[i] * loss, mass + weights[i]
    return total / mass


def test_it_is_the_mean_over_anchors_of_the_mean_over_positives() -> None:
    rng = torch.Generator().manual_seed(1)
    positives = torch.rand(B, B, generator=rng) * (torch.rand(B, B, generator=rng) < 0.4)
    against = (torch.rand(B, B, generator=rng) < 0.5).float()
    against[2], positives[5] = 0.0, 0.0
    weights = torch.rand(B, generator=rng)
    z = embeddings()
    for some in (weights, None):
        found = contrastive(z, positives, against, 0.2, some).item()
        expected = written_out(
            z.double().numpy(), positives.numpy(), against.numpy(), 0.2, np.ones(B) if some is None else some.numpy()
        )
        assert math.isclose(found, expected, rel_tol=1e-5)


def test_without_pairs_it_is_zero_and_so_is_its_gradient() -> None:
    nothing, everything = torch.zeros(B, B), torch.ones(B, B)
    for positives, against in ((nothing, everything), (everything, nothing), (nothing, nothing)):
        z = embeddings().requires_grad_()
        loss = contrastive(z, positives, against, 0.1)
        loss.backward()
        assert loss.item() == 0.0
        assert not z.grad.any()


def test_an_anchor_that_nobody_is_told_from_does_not_spoil_the_others_gradient() -> None:
    z, against = embeddings().requires_grad_(), torch.ones(B, B)
    against[3] = 0.0
    contrastive(z, torch.ones(B, B), against, 0.1).backward()
    assert z.grad.isfinite().all()
    assert z.grad[0].any()


def test_the_order_of_the_batch_changes_nothing() -> None:
    rng, order = torch.Generator().manual_seed(2), torch.randperm(B, generator=torch.Generator().manual_seed(3))
    z, positives = embeddings(), (torch.rand(B, B, generator=rng) < 0.4).float()
    found = contrastive(z, positives, torch.ones(B, B), 0.1)
    turned = contrastive(z[order], positives[order][:, order], torch.ones(B, B), 0.1)
    torch.testing.assert_close(found, turned)


def test_a_projection_gives_every_target_an_embedding_of_length_one() -> None:
    torch.manual_seed(0)
    found = Projection(6, 3, size=5)(torch.randn(B, 6))
    assert found.shape == (3, B, 5)
    torch.testing.assert_close(found.norm(dim=-1), torch.ones(3, B))
    assert not torch.allclose(found[0], found[1])
