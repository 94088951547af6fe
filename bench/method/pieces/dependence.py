"""How much features depend on a group, by kernels or by distances, without the bias of small batches."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench.method.pieces.precision import in_float32


@in_float32
def unbiased_product(first: Tensor, second: Tensor) -> Tensor:
    """The inner product of two U-centred matrices ``(n, n)``, 0 for n < 4; diagonals are not read.

    Of kernels it is the unbiased HSIC (Song et al., JMLR 2012, eq. 4), of distances the unbiased squared distance
    covariance (Székely and Rizzo, 2014): 0 on average where the two are independent.
    """
    n = len(first)
    if n < 4:
        return (first * second).sum() * 0.0
    apart = 1.0 - torch.eye(n, device=first.device)
    first, second = first * apart, second.float() * apart
    rows, columns = first.sum(0), second.sum(0)
    total = (first * second).sum() + rows.sum() * columns.sum() / ((n - 1) * (n - 2)) - 2 * (rows @ columns) / (n - 2)
    return total / (n * (n - 3))


def hsic(first: Tensor, second: Tensor, stratum: Tensor) -> Tensor:
    """Unbiased Hilbert-Schmidt independence criterion of two kernels ``(B, B)``.

    Within each stratum ``(S, B)``, averaged by their sizes (Gretton et al., 2005; the estimate of Song et al., 2012).
    """
    return _over_strata(first, second, stratum, unbiased_product)


def distance_correlation(first: Tensor, second: Tensor, stratum: Tensor) -> Tensor:
    """Bias-corrected squared distance correlation of two matrices of distances ``(B, B)``: 0 at independence.

    At most 1; within each stratum ``(S, B)``, averaged by their sizes (Székely and Rizzo, Annals of Statistics 2014).
    It is not rooted: the root's gradient is infinite at independence, where one wants to go.
    """
    return _over_strata(first, second, stratum, _correlation)


def _correlation(first: Tensor, second: Tensor) -> Tensor:
    """The inner product of two U-centred matrices over their norms; 0 where one of them is constant."""
    norms = unbiased_product(first, first) * unbiased_product(second, second)
    there = norms > 1e-20
    return torch.where(there, unbiased_product(first, second), 0.0) * torch.where(there, norms, 1.0).rsqrt()


def _over_strata(first: Tensor, second: Tensor, stratum: Tensor, product: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    total = first.sum() * 0.0
    n = torch.zeros((), device=first.device)
    for inside in stratum > 0:
        size = inside.sum()
        if size >= 4:
            total = total + size * product(first[inside][:, inside], second[inside][:, inside])
            n = n + size
    return total / n.clamp(min=1)
