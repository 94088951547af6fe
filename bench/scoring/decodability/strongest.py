"""The strongest reader there is: the readings of all probes and layers put together, by what the select part shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

#: Log posteriors below this share are not told apart: one image must not decide about a probe.
_CLIP = 1e-3
#: Scales that a reading may be given. None is 0: of what is read the ranking is never lost.
_SCALES = np.geomspace(0.03, 4.0, 30)
_STOP = {"ftol": 1e-9, "maxiter": 300}
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

        Each reading is scaled, and then their convex combination is taken, by the log-loss of the select part, in which
        every group counts the same. So a reading that knows nothing is flat and costs nothing, what several know adds
        up, and of readings that all seem to know nothing the mean still ranks.

        Args:
            weights: (m,) of the select images; None: all the same.
        """
        each = np.ones(len(self.select_groups)) if weights is None else weights
        each = each / np.bincount(self.select_groups, each, minlength=len(self.prevalence))[self.select_groups]
        each = each / each.sum()
        prior = np.log(self.prevalence)
        on_select = np.stack([_clipped(reading.on_select) - prior for reading in self.readings])
        scales = _scales(on_select, self.select_groups, each)
        scaled = on_select * scales[:, None, None]
        found = _convex(scaled, self.select_groups, each)
        on_test = [_clipped(reading.log_posteriors) - prior for reading in self.readings]
        shares = found * (np.ptp(scaled, axis=2) @ each)
        shares = shares / shares.sum() if shares.sum() > 0 else np.full(len(found), 1 / len(found))
        return Together(shares, np.tensordot(found * scales, on_test, axes=1) + prior)

    def _with(self, readings: tuple[Reading, ...]) -> Panel:
        return Panel(self.rows, self.select_rows, self.select_groups, self.prevalence, readings)


def _clipped(log_posteriors: np.ndarray) -> np.ndarray:
    clipped: np.ndarray = np.maximum(log_softmax(log_posteriors, axis=-1), np.log(_CLIP))
    return clipped


def _scales(on_select: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of the scales (M,) that are tried, those of the smallest weighted log-loss of log posteriors (M, m, K)."""
    rows = np.arange(len(groups))
    losses = [-log_softmax(scale * on_select, axis=2)[:, rows, groups] @ weights for scale in _SCALES]
    best: np.ndarray = _SCALES[np.argmin(losses, axis=0)]
    return best


def _convex(on_select: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights (M,) from 0 on that sum to 1, of the smallest weighted log-loss of log posteriors (M, m, K)."""
    count = len(on_select)
    if count == 1:
        return np.ones(1)
    onehot = np.eye(on_select.shape[2])[groups]
    right = (on_select * onehot).sum(axis=2)

    def objective(parts: np.ndarray) -> tuple[float, np.ndarray]:
        mixed = log_softmax(np.tensordot(parts, on_select, axes=1), axis=1)
        expected = (np.exp(mixed) * on_select).sum(axis=2)
        return -float(weights @ (mixed * onehot).sum(axis=1)), (expected - right) @ weights

    whole = {"type": "eq", "fun": lambda parts: parts.sum() - 1, "jac": np.ones_like}
    start = np.full(count, 1 / count)
    bounds = [(0.0, 1.0)] * count
    found = minimize(objective, start, jac=True, method="SLSQP", bounds=bounds, constraints=whole, options=_STOP).x
    found = np.clip(found, 0.0, None)
    return np.asarray(found / found.sum())
