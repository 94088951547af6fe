"""May it be claimed that the group can no longer be read?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scipy.stats import norm

from bench.scoring.decodability.estimates import Estimate
from bench.scoring.decodability.strongest import Key
from bench.scoring.decodability.suite import Suite


@dataclass(frozen=True)
class Removal:
    """The claim at one margin: "granted", "refused", "underpowered" or "unreliable" (a control failed).

    ``power`` is what it asks for.
    """

    margin: float
    answer: Literal["granted", "refused", "underpowered", "unreliable"]
    power: float


def claims(probes: Mapping[Key, Estimate], headline: Estimate, reliable: bool, suite: Suite) -> tuple[Removal, ...]:
    """The removal claim at every margin.

    Granted only where every probe's one-sided 95% upper bound is below .5 + δ: an intersection-union test (Berger,
    1982), which needs no correction for the number of probes, and in which a weak probe cannot help. Where the widest
    of their standard errors leaves a claim about features without any signal less than the suite's power, the answer is
    "underpowered", unless the headline's lower bound already shows the signal; where a control failed, a claim that
    would be granted is "unreliable".

    Args:
        probes: macro one-vs-one AUROC of each probe of each layer.
        headline: that of all together.
        reliable: whether the controls passed.
        suite: its margins and power.
    """
    read = [headline, *probes.values()]
    widest = max(estimate.standard_error for estimate in read)
    bound = max(estimate.upper for estimate in read)
    answers = (_answer(margin, bound, headline.lower, widest, reliable, suite.power) for margin in suite.margins)
    return tuple(Removal(margin, answer, suite.power) for margin, answer in zip(suite.margins, answers, strict=True))


def _answer(
    margin: float, bound: float, lower: float, widest: float, reliable: bool, power: float
) -> Literal["granted", "refused", "underpowered", "unreliable"]:
    if lower > 0.5 + margin:
        return "refused"
    if norm.cdf(margin / max(widest, 1e-12) - norm.ppf(0.95)) < power:
        return "underpowered"
    if not bound < 0.5 + margin:
        return "refused"
    return "granted" if reliable else "unreliable"
