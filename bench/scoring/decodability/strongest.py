"""The strongest reader there is: the readings of all probes and layers put together, by what the select part shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

#: Log posteriors below this share are not told apart: one image must not decide about a probe.
_CLIP = 1e-3
#: Where L-BFGS stops: weights are then exact to about 1e-4.
_STOP = {"gtol": 1e-7, "ftol": 1e-12, "maxiter": 500}
#: A layer, and a probe that reads it.
Key = tuple[str, str]


@dataclass(frozen=True)
class Reading:
    """What one probe reads of a ``layer``: log posteriors of the select (m, K) and of the test images (n, K).

    They are known up to a constant for each image. ``setting``: the coordinates and the setting that were best on the
    select part, with macro one-vs-one AUROC ``selected`` there.
    """

    layer: str
    probe: str
    linear: bool
    setting: str
    selected: float
    on_select: np.ndarray
    log_posteriors: np.ndarray


@dataclass(frozen=True)
class Together:
    """Several readings as one: ``log_posteriors`` (n, K) of the test images.

    ``weights`` (M,): each reading's share, its weight in the mean times the spread of its log posteriors.
    """

    weights: np.ndarray
    log_posteriors: np.ndarray


@dataclass(frozen=True)
class Panel:
    """Readings of one split that may be put together.

    ``rows`` (n,) are its test images, ``select_rows`` (m,) its select images and ``select_groups`` (m,) their groups;
    ``prevalence`` (K,) is that of the fit part.
    """

    rows: np.ndarray
    select_rows: np.ndarray
    select_groups: np.ndarray
    prevalence: np.ndarray
    readings: tuple[Reading, ...]

    def of(self, linear: bool) -> Panel:
        """The linear readings, or the nonlinear ones."""
        return self._with(tuple(reading for reading in self.readings if reading.linear == linear))

    def beside(self, others: Sequence[Panel]) -> Panel:
        """These readings and those of other layers in the same split."""
        return self._with((*self.readings, *(reading for panel in others for reading in panel.readings)))

    def strongest(self, weights: np.ndarray | None = None) -> Together:
        """All of them put together: a super learner (van der Laan, Polley & Hubbard, 2007).

        A mean of log posteriors, weighted by the log-loss of the select part, in which every group counts the same.

        Args:
            weights: (m,) of the select images; None: all the same.
        """
        each = np.ones(len(self.select_groups)) if weights is None else weights
        each = each / np.bincount(self.select_groups, each, minlength=len(self.prevalence))[self.select_groups]
        prior = np.log(self.prevalence)
        on_select = np.stack([_clipped(reading.on_select) - prior for reading in self.readings])
        each = each / each.sum()
        found = _weights(on_select, self.select_groups, each)
        on_test = [_clipped(reading.log_posteriors) - prior for reading in self.readings]
        shares = found * (np.ptp(on_select, axis=2) @ each)
        shares = shares / shares.sum() if shares.sum() > 0 else np.full(len(found), 1 / len(found))
        return Together(shares, np.tensordot(found, on_test, axes=1) + prior)

    def _with(self, readings: tuple[Reading, ...]) -> Panel:
        return Panel(self.rows, self.select_rows, self.select_groups, self.prevalence, readings)


def _clipped(log_posteriors: np.ndarray) -> np.ndarray:
    clipped: np.ndarray = np.maximum(log_softmax(log_posteriors, axis=-1), np.log(_CLIP))
    return clipped


def _weights(on_select: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights (M,) from 0 on, of the smallest weighted log-loss of log posteriors (M, m, K)."""
    onehot = np.eye(on_select.shape[2])[groups]
    right = (on_select * onehot).sum(axis=2)

    def objective(parts: np.ndarray) -> tuple[float, np.ndarray]:
        mixed = log_softmax(np.tensordot(parts, on_select, axes=1), axis=1)
        expected = (np.exp(mixed) * on_select).sum(axis=2)
        loss = -float(weights @ (mixed * onehot).sum(axis=1))
        return loss, (expected - right) @ weights

    count = len(on_select)
    start = np.full(count, 1 / count)
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * count, options=_STOP).x
    weighed: np.ndarray = found
    return weighed
