"""Distances between the distributions of two groups' features or scores, unbiased in small batches."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.method.pieces.precision import in_float32


@in_float32
def standardised(features: Tensor) -> Tensor:
    """Each feature ``(B, D)`` with mean 0 and variance 1 in the batch, so that no penalty is paid off by shrinking.

    A feature that hardly varies is not blown up: a thousandth of the mean variance is added to each variance.
    """
    centred = features - features.mean(0)
    variances = centred.square().mean(0)
    return centred * (variances + 1e-3 * variances.mean() + 1e-12).rsqrt()


@in_float32
def pairwise_distances(points: Tensor) -> Tensor:
    """Euclidean distances ``(B, B)`` between rows ``(B, D)``, with gradient 0 where two rows are the same."""
    return torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")


@in_float32
def pairwise_cosines(points: Tensor) -> Tensor:
    """Cosines ``(B, B)`` of the angles between rows ``(B, D)``; 0 for a row of zeros."""
    unit = torch.nn.functional.normalize(points)
    return unit @ unit.T


@in_float32
def gaussian_kernel(points: Tensor) -> Tensor:
    """Mean of seven Gaussian kernels ``(B, B)`` of rows ``(B, D)``: exp(-d² / s), s = 2⁻³ … 2³ times the median of d².

    The bandwidth follows the data (Gretton et al., 2012): a fixed one is blind to features of another size.
    """
    squared = pairwise_distances(points).square()
    apart = squared.detach()[~torch.eye(len(points), dtype=torch.bool, device=points.device)]
    median = apart.median().clamp(min=1e-12) if len(apart) else squared.new_ones(())
    return torch.stack([torch.exp(-squared / (median * 2.0**k)) for k in range(-3, 4)]).mean(0)


@in_float32
def mmd(kernel: Tensor, stratum: Tensor, member: Tensor) -> Tensor:
    """Squared maximum mean discrepancy between groups, averaged over strata and pairs of groups.

    The unbiased U-statistic (Gretton et al., JMLR 2012, eq. 3), which is 0 on average where two groups are alike,
    however few their images; pairs of small groups, whose estimate is noise, weigh less (:func:`_mean_of_pairs`).
    ``kernel (B, B)``, ``stratum (S, B)``, ``member (B, G)``.
    """
    cells = stratum[:, None] * member.T  # (S, G, B)
    sizes = cells.sum(-1)
    sums = torch.einsum("sgb,bc,shc->sgh", cells, kernel, cells)
    alike = sums.diagonal(dim1=1, dim2=2) - cells @ kernel.diagonal()
    within = alike / (sizes * (sizes - 1)).clamp(min=1)
    across = sums / (sizes[:, :, None] * sizes[:, None]).clamp(min=1)
    return _mean_of_pairs(within[:, :, None] + within[:, None] - 2 * across, sizes, least=2)


@in_float32
def coral(features: Tensor, stratum: Tensor, member: Tensor) -> Tensor:
    """Distance of means and covariances between groups, ‖μ - μ'‖² / D + ‖C - C'‖² / 4D², averaged as :func:`mmd` is.

    Sun and Saenko (2016) give the second term; the first is DomainBed's. Both are estimated without bias, that of ‖C‖²
    as Himeno and Yamada (2014) do; a group of fewer than four images is left out. ``features (B, D)``. Covariances
    are never formed: their inner products are sums of squared inner products of images.
    """
    size = features.shape[1]
    cells = stratum[:, None] * member.T
    sizes = cells.sum(-1)
    distances = []
    for cell, n in zip(cells, sizes.clamp(min=4), strict=True):
        means = cell @ features / n[:, None]  # (G, D)
        centred = features - cell.T @ means
        gram = centred @ centred.T
        shares = cell / (n - 1)[:, None]
        traces, fourth = shares @ gram.diagonal(), shares @ gram.diagonal().square()
        products = shares @ gram.square() @ shares.T  # tr C C' of the sample covariances
        squares = (n - 1) * (n - 2) * products.diagonal() + traces.square() - n * fourth
        squares = squares * (n - 1) / (n * (n - 2) * (n - 3))  # tr C² without bias
        of_covariances = squares[:, None] + squares - 2 * products
        noise = traces / n  # what a mean of n images scatters by
        of_means = (means[:, None] - means).square().sum(-1) - noise[:, None] - noise
        distances.append(of_means / size + of_covariances / (4 * size**2))
    return _mean_of_pairs(torch.stack(distances), sizes, least=4)


def _mean_of_pairs(distances: Tensor, sizes: Tensor, least: int) -> Tensor:
    """Mean of ``distances (S, G, G)`` over pairs of groups of ``least`` images or more, by n n' / (n + n'); 0 of none.

    The weight is the inverse of what the variance of a difference between two means of n and n' images goes with.
    """
    first, second = sizes[:, :, None], sizes[:, None]
    weights = first * second / (first + second).clamp(min=1) * (first >= least) * (second >= least)
    weights = weights.triu(diagonal=1)
    total = weights.sum()
    return (distances * weights).sum() / torch.where(total > 0, total, 1.0)
