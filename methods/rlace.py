"""Relaxed linear adversarial concept erasure: a game between a linear classifier of race and a projection."""

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.method import tunable
from bench.method.pieces.erasure import Eraser


class Rlace(Eraser):
    """Finds the orthogonal projection of rank D - k from which the best linear classifier of race learns least.

    max over P, min over W of the cross-entropy of softmax(W (I - P) x), with P in the Fantope, the convex hull of all
    projections of rank k: symmetric, eigenvalues 0 … 1, trace k. The classifier takes steps downhill; P takes one
    uphill and is put back into the Fantope. In the end P is rounded to its k leading eigenvectors. K groups need
    k = K - 1, and with that the game's solution is the mean projection; with fewer, what is left is least.
    """

    family = "erasure"
    source = "Ravfogel et al., ICML 2022 (arXiv:2201.12091)"
    year = 2022
    deviations = "all images in each step, and step sizes that fall; the authors take tens of thousands of batches"

    rank: int = tunable(0, low=0, high=8, help="k, the directions that are taken out; 0 is one fewer than groups")
    steps: int = tunable(300, low=50, high=5000, log=True, help="steps of the game")

    def erase(self, features: Tensor, groups: Tensor, targets: Tensor) -> Tensor:
        """P, rounded to a projection."""
        centred = features - features.mean(0)
        x = centred / centred.square().mean().sqrt().clamp(min=1e-300)
        present, codes = groups.unique(return_inverse=True)
        rank = min(self.rank or len(present) - 1, x.shape[1] - 1)
        onehot, identity = F.one_hot(codes).to(x.dtype), torch.eye(x.shape[1], dtype=x.dtype)
        p, weight, bias = torch.zeros_like(identity), x.new_zeros(len(present), x.shape[1]), x.new_zeros(len(present))
        # Below the inverse of the loss's curvature, which is at most half the largest eigenvalue of x.
        pace = 1.0 / torch.linalg.matrix_norm(x.T @ x / len(x), 2)
        for step in range(self.steps):
            for _ in range(5):
                wrong = (x @ (weight @ (identity - p)).T + bias).softmax(1) - onehot
                slope = wrong.T @ x / len(x)
                weight = weight - pace * slope @ (identity - p)
                bias = bias - wrong.mean(0)
            uphill = -(slope.T @ weight + weight.T @ slope)
            p = fantope(p + uphill / uphill.norm().clamp(min=1e-300) / (step + 1) ** 0.5, rank)
        vectors = torch.linalg.eigh(p).eigenvectors[:, x.shape[1] - rank :]
        projection: Tensor = vectors @ vectors.T
        return projection


def fantope(matrix: Tensor, rank: int) -> Tensor:
    """The nearest symmetric matrix with eigenvalues 0 … 1 that sum to ``rank``: all shifted alike, then clipped."""
    values, vectors = torch.linalg.eigh(matrix)
    # The sum falls with the shift, linearly between these points, from all eigenvalues at 1 to all at 0.
    points = torch.cat([values - 1.0, values]).sort().values
    sums = (values[:, None] - points).clamp(0, 1).sum(0)
    last = int((sums >= rank).sum()) - 1
    part = (sums[last] - rank) / (sums[last] - sums[last + 1])
    shift = points[last] + part * (points[last + 1] - points[last])
    nearest: Tensor = vectors * (values - shift).clamp(0, 1) @ vectors.T
    return nearest
