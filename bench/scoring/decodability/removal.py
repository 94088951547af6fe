"""May it be claimed that the group can no longer be read?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.stats import norm

from bench.scoring.decodability.controls.sight import Limit
from bench.scoring.decodability.estimates import Estimate
from bench.scoring.decodability.flags import VOID_REMOVAL
from bench.scoring.decodability.strongest import Key
from bench.scoring.decodability.suite import Kind, Suite

Answer = Literal["granted", "refused", "underpowered", "unreliable", "unseen", "diagnosis lost"]


@dataclass(frozen=True)
class Terms:
    """What a claim of removal is made on.

    ``reading``: "marginal", where nothing goes with the group (it was drawn at random), or "diagnosis": given the
    diagnosis. ``lost``: the network does not diagnose. ``raised``: flags of the network that no reading shows.
    """

    reading: Literal["marginal", "diagnosis"] = "marginal"
    lost: bool = False
    raised: Collection[str] = ()


@dataclass(frozen=True)
class Removal:
    """The claim at one margin: "granted", "refused" (a probe may read more) or why nothing can be said.

    "underpowered": too few patients; "unreliable": a control failed; "unseen": a signal worth looking for would not be
    seen; "diagnosis lost". ``reason`` says the rest.
    """

    margin: float
    answer: Answer
    reason: str


def claims(
    probes: Mapping[Key, Estimate],
    headline: Estimate,
    failed: Collection[str],
    unseen: str | None,
    terms: Terms,
    suite: Suite,
) -> tuple[Removal, ...]:
    """The removal claim at every margin.

    Granted only where the one-sided 95% upper bound of every probe of every layer, and of all together, is below
    .5 + δ: an intersection-union test (Berger, 1982), which needs no correction for the number of probes, and in which
    a weak probe cannot help. Where the widest of their standard errors leaves a claim about features without any
    signal less than the suite's power, the answer is "underpowered", unless the headline's lower bound already shows
    the signal. What would be granted is "unreliable" where a control failed, "unseen" where the suite's own detection
    limit is too high, and nothing is claimed of a network that does not diagnose.

    Args:
        probes: macro one-vs-one AUROC of each probe of each layer.
        headline: that of all together.
        failed: flags that were raised.
        unseen: what the suite would not see (:func:`blindness`); None: it sees enough.
        terms: what the claim is made on.
        suite: its margins and power.
    """
    read = {("all layers", "all probes"): headline, **probes}
    widest = max(estimate.standard_error for estimate in read.values())
    highest = max(read, key=lambda key: read[key].upper)
    void = sorted(VOID_REMOVAL & {*failed, *terms.raised})

    def answer(margin: float) -> tuple[Answer, str]:
        if terms.lost:
            return "diagnosis lost", "the network's AUROC is not above chance, so there is nothing to claim of it"
        if headline.lower > 0.5 + margin:
            return "refused", f"all probes together read {headline.value:.3f}"
        if norm.cdf(margin / max(widest, 1e-12) - norm.ppf(0.95)) < suite.power:
            return "underpowered", f"too few patients to tell removal at this δ with {suite.power:.0%} power"
        if not read[highest].upper < 0.5 + margin:
            return "refused", f"{highest[1]} may read {read[highest].upper:.3f} from {highest[0]}"
        if void:
            return "unreliable", f"of what was found on the way ({', '.join(void)})"
        if unseen:
            return "unseen", unseen
        return "granted", "no probe reads the group better than .5 + δ (one-sided 95% bounds)"

    return tuple(Removal(margin, *answer(margin)) for margin in suite.margins)


def blindness(limits: Mapping[str, Sequence[Limit]], unread: Collection[str], suite: Suite) -> str | None:
    """What the suite would not see in the layers of a network, in words; None where it sees what is asked for.

    Args:
        limits: of each layer that all probes read; none in a layer of constant features, which hides nothing.
        unread: layers that linear probes read alone.
        suite: the limits that a claim asks for (:attr:`.suite.Sight.asked`).
    """
    asked: dict[Kind, float] = dict(suite.sight.asked)
    if unread:
        return f"nonlinear probes have not read {' and '.join(unread)}"
    found = []
    for layer, own in limits.items():
        for kind, most in asked.items():
            worst = max((one for one in own if one.kind == kind), key=_height, default=None)
            if worst is not None and _height(worst) > most:
                found.append(
                    f"a {kind} signal in {layer} is seen from {_said(worst, suite)} on, and {most:.2f} is asked"
                )
    return "; ".join(found) or None


def _height(limit: Limit) -> float:
    return float("inf") if limit.auroc is None else limit.auroc


def _said(limit: Limit, suite: Suite) -> str:
    height = f"above {suite.sight.strengths[-1]:.2f}" if limit.auroc is None else f"{limit.auroc:.3f}"
    return f"{height} (at percentile {limit.percentile} of its spectrum)"
