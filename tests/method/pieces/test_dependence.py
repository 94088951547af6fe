"""HSIC and distance correlation against their definitions written out over quadruples and U-centred matrices."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch

from bench.method.pieces import (
    distance_correlation,
    gaussian_kernel,
    hsic,
    members,
    pairwise_distances,
    unbiased_product,
)


def sample(n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    groups = torch.randint(0, 3, (n,), generator=rng)
    return torch.randn(n, 4, generator=rng) + groups[:, None], groups


def u_centred(distances: np.ndarray) -> np.ndarray:
    """Székely and Rizzo (2014), definition 2."""
    n = len(distances)
    rows = distances.sum(0) / (n - 2)
    centred = distances - rows[:, None] - rows + distances.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(centred, 0)
    return centred


def test_the_unbiased_product_is_a_mean_over_quadruples() -> None:
    """Song et al. (2012), theorem 2: the U-statistic of k(x1, x2) [l(y1, y2) + l(y3, y4) - 2 l(y1, y3)]."""
    points, groups = sample(7)
    k, same = gaussian_kernel(points), members(groups, 3) @ members(groups, 3).T
    terms = [k[a, b] * (same[a, b] + same[c, d] - 2 * same[a, c]) for a, b, c, d in permutations(range(7), 4)]
    assert unbiased_product(k, same).item() == pytest.approx(torch.stack(terms).mean().item(), abs=1e-6)


def test_the_correlation_is_that_of_u_centred_distances() -> None:
    points, groups = sample(30)
    others = members(groups, 3)
    first, second = (u_centred(pairwise_distances(some).double().numpy()) for some in (points, others))
    wanted = (first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum())
    found = distance_correlation(pairwise_distances(points), pairwise_distances(others), torch.ones(1, 30))
    assert found.item() == pytest.approx(wanted, abs=1e-5)


def test_strata_are_averaged_by_their_sizes_and_small_ones_left_out() -> None:
    points, groups = sample(30)
    k, same = gaussian_kernel(points), members(groups, 3) @ members(groups, 3).T
    stratum = torch.zeros(3, 30)
    stratum[0, :10], stratum[1, 10:27], stratum[2, 27:] = 1, 1, 1
    parts = [unbiased_product(k[:10, :10], same[:10, :10]), unbiased_product(k[10:27, 10:27], same[10:27, 10:27])]
    assert hsic(k, same, stratum).item() == pytest.approx((10 * parts[0] + 17 * parts[1]).item() / 27, abs=1e-7)
    assert hsic(k, same, torch.zeros(1, 30)).item() == 0


@pytest.mark.parametrize("n", [8, 32])
def test_independent_samples_depend_on_nothing_on_average(n: int) -> None:
    """The biased squared distance correlation is .46 of 8 independent images here, and .17 of 32."""
    found: dict[str, list[float]] = {"hsic": [], "dcor": []}
    for seed in range(200):
        points, others = (
            torch.randn(n, 8, generator=torch.Generator().manual_seed(10_000 + seed)),
            members(sample(n, seed)[1], 3),
        )
        every = torch.ones(1, n)
        found["hsic"].append(hsic(gaussian_kernel(points), others @ others.T, every).item())
        found["dcor"].append(distance_correlation(pairwise_distances(points), pairwise_distances(others), every).item())
    for values in found.values():
        assert abs(np.mean(values)) < 0.02


def test_what_decides_each_other_is_correlated_by_1() -> None:
    points, _ = sample(20)
    distances = pairwise_distances(points)
    assert distance_correlation(distances, distances * 3, torch.ones(1, 20)).item() == pytest.approx(1.0, abs=1e-5)


def test_constant_features_have_no_correlation_and_a_gradient() -> None:
    points = torch.zeros(10, 4, requires_grad=True)
    others = members(torch.arange(10) % 3, 3)
    found = distance_correlation(pairwise_distances(points), pairwise_distances(others), torch.ones(1, 10))
    found.backward()
    assert found.item() == 0
    assert points.grad is not None
    assert points.grad.isfinite().all()
