"""Linear models of a trained network's features: fitted in closed form or to convergence, in float64."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import expit
from torch import Tensor

#: Variances below this share of the largest are rounding.
_FLOOR = 1e-10


class LinearFit(NamedTuple):
    """A linear layer: ``weight (T, D)`` and ``bias (T,)``, float64."""

    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """The outputs ``(N, T)`` of features ``(N, D)``."""
        return features.double() @ self.weight.T + self.bias

    @torch.no_grad()
    def copy_to(self, head: torch.nn.Linear) -> None:
        """Put it into a layer of the same shape."""
        head.weight.copy_(self.weight)
        head.bias.copy_(self.bias)


class Standardisation(NamedTuple):
    """Features at mean 0 and standard deviation 1, ``(N, D) float64``, and what they were before."""

    features: Tensor
    mean: Tensor
    scale: Tensor

    def undo(self, fit: LinearFit) -> LinearFit:
        """What is fitted on these features as a layer on the features as they were."""
        weight = fit.weight / self.scale
        return LinearFit(weight, fit.bias - weight @ self.mean)


def standardisation(features: Tensor) -> Standardisation:
    """Every column of ``features (N, D)`` at mean 0 and standard deviation 1; constant ones at 0."""
    features = features.double()
    mean, scale = features.mean(0), features.std(0, correction=0)
    scale = torch.where(scale > _FLOOR**0.5 * scale.max(), scale, 1.0)
    return Standardisation((features - mean) / scale, mean, scale)


def head_of(layer: torch.nn.Linear) -> LinearFit:
    """A layer as it is."""
    return LinearFit(layer.weight.detach().double().cpu(), layer.bias.detach().double().cpu())


def logistic_regression(
    features: Tensor,
    targets: Tensor,
    weights: Tensor | None = None,
    *,
    l1: float = 0.0,
    l2: float = 0.0,
    anchor: LinearFit | None = None,
    intercept: bool = True,
) -> LinearFit:
    """Logistic regression to convergence, a target at a time: min Σᵢ wᵢ ℓᵢ / Σᵢ wᵢ + l1 ‖v‖₁ + l2 ‖v - v₀‖².

    The intercept is not penalised. scikit-learn's ``C`` is 1 / (l1 n), or 1 / (2 l2 n). A target whose known labels, of
    weight above 0, are all alike keeps the anchor.

    Args:
        features: (N, D).
        targets: (N, T), NaN for unknown.
        weights: of the images, (N, T); None for all alike.
        l1: weight of the sum of absolute coefficients.
        l2: weight of the squared distance from the anchor.
        anchor: v₀, and where the search begins; None for 0.
        intercept: whether one is fitted; else it stays the anchor's.
    """
    x, y = features.double().cpu().numpy(), targets.double().cpu().numpy()
    w = np.ones_like(y) if weights is None else weights.double().cpu().numpy()
    start = anchor or LinearFit(features.new_zeros(y.shape[1], x.shape[1]), features.new_zeros(y.shape[1]))
    fitted = np.concatenate([start.weight.double().cpu().numpy(), start.bias.double().cpu().numpy()[:, None]], axis=1)
    for target in range(y.shape[1]):
        used = ~np.isnan(y[:, target]) & (w[:, target] > 0)
        if len(np.unique(y[used, target])) == 2:
            fitted[target] = _fit(x[used], y[used, target], w[used, target], l1, l2, fitted[target], intercept)
    return LinearFit(torch.from_numpy(fitted[:, :-1].copy()), torch.from_numpy(fitted[:, -1].copy()))


def _fit(
    x: np.ndarray, y: np.ndarray, w: np.ndarray, l1: float, l2: float, start: np.ndarray, intercept: bool
) -> np.ndarray:
    """Coefficients and intercept ``(D + 1,)`` of one target."""
    signs, w, d = 2.0 * y - 1.0, w / w.sum(), x.shape[1]

    def smooth(v: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (x @ v[:d] + v[d])
        moved = v[:d] - start[:d]
        slopes = -w * signs * expit(-margins)
        value = w @ np.logaddexp(0.0, -margins) + l2 * moved @ moved
        return float(value), np.append(x.T @ slopes + 2.0 * l2 * moved, slopes.sum() * intercept)

    def split(u: np.ndarray) -> tuple[float, np.ndarray]:
        # |v| is smooth where v = p - m with p, m >= 0: exact zeros are met at the bounds.
        value, slope = smooth(np.append(u[:d] - u[d : 2 * d], u[-1]))
        return value + l1 * float(u[:-1].sum()), np.concatenate([slope[:d] + l1, l1 - slope[:d], slope[d:]])

    options = {"maxiter": 5000, "maxfun": 20_000, "ftol": 1e-12, "gtol": 1e-8, "maxcor": 30}
    if l1 == 0.0:
        return np.asarray(minimize(smooth, start, jac=True, method="L-BFGS-B", options=options).x)
    begun = np.concatenate([start[:d].clip(min=0), (-start[:d]).clip(min=0), start[d:]])
    bounds = [(0.0, None)] * (2 * d) + [(None, None)]
    found = minimize(split, begun, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return np.append(found[:d] - found[d : 2 * d], found[-1])


def least_squares(features: Tensor, outputs: Tensor) -> LinearFit:
    """Linear regression of ``outputs (N, T)`` on ``features (N, D)``, of the least norm where there are several."""
    x, y = features.double(), outputs.double()
    mean_x, mean_y = x.mean(0), y.mean(0)
    weight = (torch.linalg.pinv(x - mean_x, rtol=_FLOOR**0.5) @ (y - mean_y)).T
    return LinearFit(weight, mean_y - weight @ mean_x)


def whitening(features: Tensor) -> tuple[Tensor, Tensor]:
    """W = Σ^(-1/2) and its inverse, ``(D, D) float64`` and symmetric, Σ the covariance of ``features (N, D)``.

    Eigenvalues below 1e-10 of the largest are raised to that, so that W is invertible whatever the spectrum.
    """
    centred = features.double() - features.double().mean(0)
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(centred))
    largest = values[-1].clamp(min=0.0)
    roots = torch.where(largest > 0, values.clamp(min=_FLOOR * largest), 1.0).sqrt()
    return vectors / roots @ vectors.T, vectors * roots @ vectors.T


def group_directions(features: Tensor, groups: Tensor) -> Tensor:
    """Cov(x, one-hot group) over the groups that occur, ``(D, K) float64``, each column over the root of its share.

    Its columns span the differences of group means, which are all that a linear reader has to go by.
    """
    x = features.double()
    onehot = (groups[:, None] == groups.unique()).double()
    shares = onehot.mean(0)
    directions: Tensor = (x - x.mean(0)).T @ onehot / len(x) / shares.sqrt()
    return directions


def basis(columns: Tensor, scale: float | Tensor) -> Tensor:
    """An orthonormal basis ``(D, r)`` of what columns ``(D, k)`` span; parts below 1e-9 of ``scale`` are rounding."""
    vectors, values, _ = torch.linalg.svd(columns, full_matrices=False)
    spanning: Tensor = vectors[:, values > 1e-9 * scale]
    return spanning
