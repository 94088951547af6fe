"""MMD and CORAL against double loops, and what an unbiased estimate is for."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch

from bench.method.pieces import (
    coral,
    gaussian_kernel,
    members,
    mmd,
    pairwise_cosines,
    pairwise_distances,
    standardised,
    strata,
)

ALL = torch.ones(1, 40)


def sample(n: int = 40, size: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Features and the codes of two large groups, a small one, and unknown."""
    rng = torch.Generator().manual_seed(seed)
    groups = torch.cat([torch.tensor([2, 2, -1]), torch.randint(0, 2, (n - 3,), generator=rng)])
    return torch.randn(n, size, generator=rng) + groups[:, None], groups


def loop_mmd(kernel: np.ndarray, first: list[int], second: list[int]) -> float:
    def mean(pairs: list[tuple[int, int]]) -> float:
        return float(np.mean([kernel[i, j] for i, j in pairs]))

    within = [mean([(i, j) for i in side for j in side if i != j]) for side in (first, second)]
    return within[0] + within[1] - 2 * mean([(i, j) for i in first for j in second])


def mean_of_pairs(groups: torch.Tensor, distance: object) -> float:
    """Mean over pairs of groups of two images or more by n n' / (n + n')."""
    sides = [[i for i in range(len(groups)) if groups[i] == g] for g in range(3)]
    total = weight = 0.0
    for a in range(3):
        for b in range(a + 1, 3):
            n, m = len(sides[a]), len(sides[b])
            if min(n, m) > 1:
                total += n * m / (n + m) * distance(sides[a], sides[b])  # type: ignore[operator]
                weight += n * m / (n + m)
    return total / weight


def test_the_kernel_is_a_mean_of_gaussians_about_the_median_distance() -> None:
    points = sample()[0].numpy()
    squared = ((points[:, None] - points) ** 2).sum(-1)
    median = np.sort(squared[~np.eye(40, dtype=bool)])[(40 * 39 - 1) // 2]  # of an even number, the lower one
    wanted = np.mean([np.exp(-squared / (median * 2.0**k)) for k in (-3, -2, -1, 0, 1, 2, 3)], axis=0)
    np.testing.assert_allclose(gaussian_kernel(torch.tensor(points)).numpy(), wanted, rtol=1e-5, atol=1e-6)


def test_mmd_is_that_of_a_double_loop() -> None:
    points, groups = sample()
    kernel = gaussian_kernel(points)
    wanted = mean_of_pairs(groups, lambda a, b: loop_mmd(kernel.numpy(), a, b))
    assert mmd(kernel, ALL, members(groups, 3)).item() == pytest.approx(wanted, abs=1e-6)


def test_within_strata_mmd_is_the_mean_over_them() -> None:
    points, groups = sample()
    groups, targets = groups.clamp(min=0, max=1), (torch.arange(40) % 2).float()[:, None]
    kernel = gaussian_kernel(points)
    found, weights = [], []
    for label in (0, 1):
        sides = [[i for i in range(40) if groups[i] == g and targets[i] == label] for g in (0, 1)]
        n, m = map(len, sides)
        found.append(loop_mmd(kernel.numpy(), *sides))
        weights.append(n * m / (n + m))
    wanted = np.average(found, weights=weights)
    got = mmd(kernel, strata(targets, conditional=True), members(groups, 2))
    assert got.item() == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("few", [4, 16])
def test_a_rare_group_of_the_same_distribution_is_at_no_distance_on_average(few: int) -> None:
    """The biased V-statistic of public code is .16 at 4 images and .05 at 16 here, and so pushes at rarity."""
    groups = torch.cat([torch.zeros(few), torch.ones(64 - few)]).long()
    found = []
    for seed in range(200):
        points = torch.randn(64, 32, generator=torch.Generator().manual_seed(seed))
        once = (points, torch.ones(1, 64), members(groups, 2))
        found.append((mmd(gaussian_kernel(points), *once[1:]).item(), coral(*once).item()))
    assert (np.abs(np.mean(found, axis=0)) < 3 * np.std(found, axis=0) / 200**0.5).all()


def loop_coral(values: np.ndarray, a: list[int], b: list[int]) -> float:
    """Over tuples of different images: (x1 - y1)·(x2 - y2) for the means; tr C² is E ((x1 - x2)·(x3 - x4))² / 4."""
    size = values.shape[1]
    gram = values @ values.T

    def inner(side: list[int]) -> float:
        return float(np.mean([gram[i, j] for i, j in permutations(side, 2)]))

    def square(side: list[int]) -> float:
        tuples = permutations(side, 4)
        return float(np.mean([((values[i] - values[j]) @ (values[k] - values[m])) ** 2 for i, j, k, m in tuples])) / 4

    means = inner(a) + inner(b) - 2 * gram[np.ix_(a, b)].mean()
    covariances = square(a) + square(b) - 2 * (np.cov(values[a].T) * np.cov(values[b].T)).sum()
    return float(means / size + covariances / (4 * size**2))


def test_coral_is_that_of_loops_over_tuples_of_images() -> None:
    points, groups = sample(15)[0], torch.arange(15) % 2
    values = points.double().numpy()
    wanted = mean_of_pairs(groups, lambda a, b: loop_coral(values, a, b))
    assert coral(points, torch.ones(1, 15), members(groups, 3)).item() == pytest.approx(wanted, rel=1e-4)


def test_a_group_of_one_image_is_left_out_and_nothing_is_not_a_number() -> None:
    """DomainBed's CORAL divides by n - 1 = 0 there."""
    points, groups = sample()
    alone = torch.where(groups == 2, -1, groups)
    alone[0] = 2
    without = torch.where(alone == 2, -1, alone)
    kernel = gaussian_kernel(points)
    assert mmd(kernel, ALL, members(alone, 3)).item() == pytest.approx(mmd(kernel, ALL, members(without, 3)).item())
    assert coral(points, ALL, members(alone, 3)).item() == pytest.approx(coral(points, ALL, members(without, 3)).item())
    for lonely in (torch.full((40,), -1), torch.zeros(40, dtype=torch.long)):
        assert mmd(kernel, ALL, members(lonely, 3)).item() == 0
        assert coral(points, ALL, members(lonely, 3)).item() == 0


def test_standardised_features_have_no_scale_and_no_place() -> None:
    points = sample()[0]
    found = standardised(points)
    torch.testing.assert_close(found.mean(0), torch.zeros(5), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.square().mean(0), torch.ones(5), atol=5e-3, rtol=0)
    torch.testing.assert_close(standardised(points * 1e-3 + 7), found, atol=1e-2, rtol=1e-2)


def test_shrinking_features_is_no_way_to_lower_a_penalty_on_standardised_ones() -> None:
    points, groups = sample()
    scale = torch.ones((), requires_grad=True)
    mmd(gaussian_kernel(standardised(points * scale)), ALL, members(groups, 3)).backward()
    assert scale.grad is not None
    assert abs(scale.grad.item()) < 1e-5


def test_a_feature_that_never_varies_stays_0_and_images_that_are_alike_have_gradients() -> None:
    points = torch.cat([torch.ones(8, 1), torch.zeros(8, 2)], dim=1).requires_grad_()
    found = standardised(points)
    assert found.abs().max() == 0
    (gaussian_kernel(found).sum() + pairwise_distances(found).sum() + pairwise_cosines(found).sum()).backward()
    assert points.grad is not None
    assert points.grad.isfinite().all()


def test_distances_and_cosines_are_those_of_a_loop() -> None:
    points = sample(8)[0]
    norms = points.norm(dim=1)
    for i in range(8):
        for j in range(8):
            assert pairwise_distances(points)[i, j].item() == pytest.approx((points[i] - points[j]).norm().item())
            wanted = (points[i] @ points[j] / norms[i] / norms[j]).item()
            assert pairwise_cosines(points)[i, j].item() == pytest.approx(wanted, abs=1e-6)


def test_half_precision_around_changes_nothing() -> None:
    points, groups = sample()
    wanted = mmd(gaussian_kernel(points), ALL, members(groups, 3))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(mmd(gaussian_kernel(points), ALL, members(groups, 3)), wanted)
