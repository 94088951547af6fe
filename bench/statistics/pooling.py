"""One score over several seeds: the mean, and an interval for patients and seeds together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, variance
from typing import Protocol

from scipy.special import stdtrit

from bench.statistics.influence import Z


class Bounded(Protocol):
    """A value with its 95% interval, value ± Z standard errors; None where it has none: a score of a run."""

    @property
    def value(self) -> float | None:
        """The value."""

    @property
    def low(self) -> float | None:
        """Its lower limit."""

    @property
    def high(self) -> float | None:
        """Its upper limit."""


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95% interval; the bounds are None where a run gave none."""

    mean: float
    low: float | None
    high: float | None


def pool(scores: Sequence[Bounded | None], within: tuple[float, float] = (0.0, 1.0)) -> Estimate | None:
    """Pool the same score of several seeds; None when one of them is missing (a mean over fewer seeds is another).

    One seed keeps its own interval. For S > 1 seeds, each limit on its own (intervals of rates need not be symmetric),
    with s_i the distance of run i's limit from its value, divided by 1.96,

        variance = mean_i(s_i²) + between / S,    between = the sample variance (S - 1) of the values.

    The first term is the sampling of test patients. All seeds are scored on the same patients, so it does not shrink
    with S. The limit is mean ± t · √variance, kept ``within`` what is possible: [0, 1] for a rate; t is Student's 97.5%
    quantile with the degrees of freedom of Satterthwaite (1946), ``(S - 1) · (variance · S / between)²``: 1.96 when
    seeds agree, 4.30 for three seeds that differ by far more than the patients explain. At three seeds the interval
    covers 93 to 95 times in 100 (simulated), whatever the share of the two; with 1.96 throughout, down to 83.
    """
    known = [score for score in scores if score is not None and score.value is not None]
    if not scores or len(known) < len(scores):
        return None
    values = [score.value for score in known if score.value is not None]
    if len(values) == 1:
        return Estimate(values[0], known[0].low, known[0].high)
    mean = fmean(values)
    below = [score.value - score.low for score in known if score.value is not None and score.low is not None]
    above = [score.high - score.value for score in known if score.value is not None and score.high is not None]
    if min(len(below), len(above)) < len(values):
        return Estimate(mean, None, None)
    between = variance(values) / len(values)
    low, high = (_half_width(distances, between, len(values) - 1) for distances in (below, above))
    return Estimate(mean, max(mean - low, within[0]), min(mean + high, within[1]))


def _half_width(distances: Sequence[float], between: float, freedom: int) -> float:
    within = fmean((distance / Z) ** 2 for distance in distances)
    total = within + between
    # Beyond a ratio of 1e4, t is the normal's quantile to seven digits; so it is where seeds do not differ at all.
    ratio = total / between if between * 1e4 > total else 1e4
    return float(stdtrit(freedom * ratio**2, 0.975)) * sqrt(total)
