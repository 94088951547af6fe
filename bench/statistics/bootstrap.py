"""Intervals by the patient bootstrap: whole patients are drawn with replacement, never single images.

Images of one patient resemble each other. An interval that resamples images takes them for independent and comes out
too narrow (Field & Welsh, 2007, "Bootstrapping clustered data"); drawing patients keeps the dependence within each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from bench.errors import BenchError

#: No interval is given where the statistic is undefined in more than this share of the replicates.
MAX_UNDEFINED = 0.1
#: Weights are made for so many images × replicates at a time, small enough to stay in the processor's cache, but for no
#: fewer replicates than pay for a pass over the images. The replicates do not depend on either: the generator hands out
#: the same numbers however they are asked for.
_CHUNK = 250_000
_AT_LEAST = 32

#: Image weights ``(n, R)`` to values ``(R,)`` or ``(K, R)``, NaN where undefined.
Statistic = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Interval:
    """A value and its confidence limits; None where undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class PatientBootstrap:
    """Replicates of a cohort by drawing its patients with replacement.

    Replicate r weighs each image by how often its patient was drawn. The draws depend on the seed and the number of
    patients only, so every statistic of one cohort sees the same replicates: a difference, a mean or a maximum of
    replicate values is itself a valid replicate. The order of the rows does not matter, patients go by their codes.

    Args:
        patients: code of each image's patient, ``(N,) int``.
        replicates: how many.
        seed: of the draws.
        level: coverage of the two-sided interval.

    Raises:
        BenchError: no image at all, ``patients`` not a vector of whole numbers, or a level outside (0, 1).
    """

    patients: np.ndarray
    replicates: int = 1000
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        patients = np.asarray(self.patients)
        if patients.ndim != 1 or not len(patients) or not np.issubdtype(patients.dtype, np.integer):
            raise BenchError(
                "The patient bootstrap takes one whole-number patient code per image, (N,) with N of 1 or more; "
                f"it got an array of shape {patients.shape} and type {patients.dtype}."
            )
        object.__setattr__(self, "patients", patients)
        if self.replicates < 1 or not 0 < self.level < 1:
            raise BenchError(
                "The patient bootstrap takes 1 or more replicates and a level between 0 and 1; "
                f"it got {self.replicates} replicates and level {self.level}."
            )

    @cached_property
    def _codes(self) -> np.ndarray:
        """Patients renumbered 0 … P-1 in the order of their codes."""
        return np.unique(self.patients, return_inverse=True)[1]

    def chunks(self, rows: np.ndarray | None = None) -> Iterator[np.ndarray]:
        """Image weights ``(n, r) float64`` of successive replicates, for all images or those at ``rows``."""
        codes = self._codes if rows is None else self._codes[rows]
        patients = int(self._codes.max()) + 1
        rng = np.random.default_rng(self.seed)
        at_once = max(_AT_LEAST, _CHUNK // len(self._codes))
        for start in range(0, self.replicates, at_once):
            r = min(at_once, self.replicates - start)
            drawn = rng.integers(patients, size=(r, patients)) + patients * np.arange(r)[:, None]
            counts = np.bincount(drawn.ravel(), minlength=r * patients).reshape(r, patients)
            yield np.ascontiguousarray(counts.T, dtype=float)[codes]

    def replicate(self, statistic: Statistic, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The statistic on the data and on every replicate.

        Args:
            statistic: from image weights ``(n, r)`` to ``(r,)`` or ``(K, r)``, NaN where undefined; each column on its
                own.
            rows: positions (or a mask) of the images it is about, n of them; all of them by default.

        Returns:
            Its value ``()`` or ``(K,)`` with every image weighing 1, and its replicates ``(R,)`` or ``(K, R)``.
        """
        n = len(self._codes if rows is None else self._codes[rows])
        value = np.asarray(statistic(np.ones((n, 1))), dtype=float)[..., 0]
        return value, np.concatenate([statistic(weights) for weights in self.chunks(rows)], axis=-1)

    def interval(self, statistic: Statistic, rows: np.ndarray | None = None) -> Interval:
        """Value and percentile interval of a statistic that returns ``(R,)``; arguments as of :meth:`replicate`."""
        value, draws = self.replicate(statistic, rows)
        return self.limits(float(value), draws)

    def intervals(self, statistic: Statistic, rows: np.ndarray | None = None) -> list[Interval]:
        """Value and percentile interval of each of the K statistics that one pass returns as ``(K, R)``."""
        return [self.limits(float(value), draws) for value, draws in zip(*self.replicate(statistic, rows), strict=True)]

    def limits(
        self,
        value: float,
        draws: np.ndarray,
        biased: Literal["up", "down"] | None = None,
        noise: np.ndarray | None = None,
    ) -> Interval:
        """The interval of a value from its replicates.

        Percentiles of the replicates, which is right for a statistic whose replicates scatter about its value. Those
        of a maximum over groups, a gap or a calibration error do not: noise alone raises them, in the data and once
        more in every replicate, and the percentiles of a gap never reach 0, even where there is no gap. Such
        statistics f are sublinear, f(v) - f(t) <= f(v - t) for estimates v of the truth t, so the replicates of
        f(v - t) bound how far the value lies beyond the truth, whichever group is the extreme one. The limit on the
        side of the bias is the percentile, the other is that bound (for a gap, Tukey's simultaneous interval by
        bootstrap): conservative, whether the groups differ or not. Both are kept within [0, 1].

        Args:
            value: of the statistic on the data; NaN where undefined.
            draws: its replicates ``(R,)``, NaN where undefined. Those are left out; where they are more than
                ``MAX_UNDEFINED`` of all, no limits are given.
            biased: the side to which noise moves the statistic, which then lies between 0 and 1.
            noise: replicates ``(R,)`` of f(v - t), signed like the statistic; by default ``draws - value``, as for one
                group.
        """
        if np.isnan(value):
            return Interval(None)
        defined = ~np.isnan(draws)
        if defined.sum() < (1 - MAX_UNDEFINED) * len(draws):
            return Interval(value)
        low, high = self._tails(draws[defined])
        if biased is None:
            # Few replicates, or few that are defined, may all lie on one side: an interval holds its value.
            return Interval(value, min(value, low), max(value, high))
        below, above = self._tails((draws - value if noise is None else noise)[defined])
        if biased == "up":
            return Interval(value, max(0.0, value - max(above, 0.0)), max(value, high))
        return Interval(value, min(value, low), min(1.0, value - min(below, 0.0)))

    def _tails(self, draws: np.ndarray) -> tuple[float, float]:
        """The percentiles that leave (1 - level) / 2 on either side: by rank over R + 1, right on average for any R."""
        low, high = np.quantile(draws, [(1 - self.level) / 2, (1 + self.level) / 2], method="weibull")
        return float(low), float(high)
