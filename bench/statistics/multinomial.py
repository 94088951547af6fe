"""Multinomial logistic regression with a ridge penalty by Newton's method, and how much each row moves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

Array = npt.NDArray[np.float64]

#: Newton's method stops when a step would lower the mean loss by less than this.
_STOP = 1e-13
_MAX_STEPS = 50
#: What keeps the intercept of a class without rows finite; it moves no other intercept by more than rounding.
_INTERCEPT = 1e-9


@dataclass(frozen=True)
class Multinomial:
    """The minimiser of mean cross-entropy + λ/2 Σ |w_k|², w_k the coefficients of class k; intercepts are free.

    ``coefficients`` (1 + p, K - 1), intercepts first, are those of classes 0 … K-2 less those of the last one, on which
    predictions depend alone. ``information`` (q, q), q = (1 + p)(K - 1), is the second derivative of the penalised mean
    loss by them, class by class.
    """

    coefficients: Array
    information: Array

    def log_posteriors(self, design: Array) -> Array:
        """log P(class | row) of a design (n, p), ``(n, K)``."""
        found: Array = log_softmax(_scores(design, self.coefficients), axis=1)
        return found

    def moved_by_rows(self, design: Array, classes: npt.NDArray[np.int64], gradient: Array) -> Array:
        """How much each of the rows that were fitted moves a quantity, ``(n,)``: its influence values.

        Args:
            design: the rows that were fitted (n, p).
            classes: their classes (n,).
            gradient: derivative of the quantity by the coefficients (1 + p, K - 1).

        Returns:
            ``gradient' information⁻¹ score_i / n``, centred: a penalised fit's scores do not sum to 0 by themselves.
        """
        direction = np.linalg.solve(self.information, gradient.T.ravel()).reshape(gradient.T.shape).T
        left = np.eye(gradient.shape[1] + 1)[classes] - np.exp(self.log_posteriors(design))
        moved: Array = (left[:, :-1] * (direction[0] + design @ direction[1:])).sum(axis=1) / len(design)
        moved -= moved.mean()
        return moved


def fit_path(
    design: Array, classes: npt.NDArray[np.int64], n_classes: int, penalties: Sequence[float]
) -> list[Multinomial]:
    """A fit for each penalty, each started from the last.

    Args:
        design: rows (n, p) of columns of mean about 0 and variance about 1, without a constant.
        classes: of the rows (n,), 0 … K-1.
        n_classes: K.
        penalties: λ, all above 0, best in descending order.
    """
    shares = np.maximum(np.bincount(classes, minlength=n_classes), 0.5) / len(classes)
    coefficients = np.zeros((1 + design.shape[1], n_classes - 1))
    coefficients[0] = np.log(shares[:-1] / shares[-1])
    path = []
    for penalty in penalties:
        path.append(_newton(design, classes, coefficients, penalty))
        coefficients = path[-1].coefficients
    return path


def _scores(design: Array, coefficients: Array) -> Array:
    return np.column_stack([design @ coefficients[1:] + coefficients[0], np.zeros(len(design))])


def _newton(design: Array, classes: npt.NDArray[np.int64], start: Array, penalty: float) -> Multinomial:
    rows, width = len(design), start.shape[1]
    onehot = np.eye(width + 1)[classes][:, :-1]
    # Σ_k |w_k - c|² is least in c where c is the mean of all K, which leaves this form in the differences to the last.
    form = np.eye(width) - 1 / (width + 1)
    weight = np.full(len(start), penalty)
    weight[0] = _INTERCEPT

    def loss(coefficients: Array) -> tuple[float, Array]:
        logs: Array = log_softmax(_scores(design, coefficients), axis=1)
        penalised = 0.5 * float((weight[:, None] * coefficients * (coefficients @ form)).sum())
        return penalised - float(logs[np.arange(rows), classes].mean()), logs

    current, (value, logs) = start, loss(start)
    for _ in range(_MAX_STEPS):
        shares = np.exp(logs[:, :-1])
        residual = (shares - onehot) / rows
        gradient = np.vstack([residual.sum(axis=0), design.T @ residual]) + weight[:, None] * (current @ form)
        information = _information(design, shares) + np.kron(form, np.diag(weight))
        step = np.linalg.solve(information, gradient.T.ravel()).reshape(gradient.T.shape).T
        promised = float((gradient * step).sum()) / 2
        if promised < _STOP:
            break
        length = 1.0
        while (found := loss(current - length * step))[0] > value - 0.1 * length * promised and length > 1e-6:
            length /= 2
        current, (value, logs) = current - length * step, found
    return Multinomial(current, information)


def _information(design: Array, shares: Array) -> Array:
    """Second derivative of the mean cross-entropy by the coefficients, class by class (q, q)."""
    rows, width = shares.shape
    size = 1 + design.shape[1]
    found = np.empty((width * size, width * size))
    for k in range(width):
        for m in range(k + 1):
            curvature = shares[:, k] * ((k == m) - shares[:, m]) / rows
            weighted = design * curvature[:, None]
            block = np.empty((size, size))
            block[0, 0] = curvature.sum()
            block[0, 1:] = block[1:, 0] = weighted.sum(axis=0)
            block[1:, 1:] = weighted.T @ design
            found[k * size : (k + 1) * size, m * size : (m + 1) * size] = block
            found[m * size : (m + 1) * size, k * size : (k + 1) * size] = block
    return found
