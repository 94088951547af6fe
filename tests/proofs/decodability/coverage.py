"""How often the intervals of D, of D given C and of paired differences hold the truth of the probes as fitted."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from bench.task import Confounder
from tests.proofs.decodability.linear import Cohort, Slopes
from tests.proofs.decodability.part import Job, Measured, Part, Result, figure
from tests.proofs.markdown import table_of

#: Draws of a cohort that one job makes, and patients of a cohort, who have one image each.
_BLOCK, _PATIENTS = 50, 400
_FRESH, _STEPS = 200_000, 2**15
#: What is planted, in standard deviations between the groups: nothing, a little, much.
_SIGNALS = (0.0, 0.5, 1.2)
_WIDTH = 8
#: Of the second network: what it keeps of the first one's noise, and of its signal.
_ALIKE, _LEFT = 0.9, 0.6


def _jobs(quick: bool) -> list[Job]:
    draws = 100 if quick else 1000
    return [{"signal": signal, "first": first} for first in range(0, draws, _BLOCK) for signal in _SIGNALS]


def _confounder(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """C, the true propensity of the second group, and the groups."""
    c = rng.normal(size=n)
    e = 1 / (1 + np.exp(0.7 - 0.8 * c))
    return c, e, (rng.random(n) < e).astype(int)


def _features(rng: np.random.Generator, c: np.ndarray, groups: np.ndarray, signal: float) -> list[np.ndarray]:
    """Of two networks; the first feature holds the group, the second C."""
    first, other = rng.normal(size=(2, len(c), _WIDTH))
    second = _ALIKE * first + np.sqrt(1 - _ALIKE**2) * other
    for features, strength in ((first, signal), (second, _LEFT * signal)):
        features[:, 0] += strength * groups
        features[:, 1] += 0.5 * c
    return [first, second]


def _measure(signal: float, first: int) -> Result:
    fresh = np.random.default_rng(1)
    c, e, groups = _confounder(fresh, _FRESH)
    both = [features.astype(np.float32) for features in _features(fresh, c, groups, signal)]
    weights = np.where(groups == 1, 1 - e, e)
    held: dict[str, list[list[float]]] = {"marginal": [], "given": []}
    for seed in range(first, first + _BLOCK):
        rng = np.random.default_rng((2, seed))
        own_c, _, own_groups = _confounder(rng, _PATIENTS)
        networks = _features(rng, own_c, own_groups, signal)
        cohort = Cohort(own_groups, [Confounder("c", "number", own_c)], seed)
        for name, own in (("marginal", None), ("given", weights)):
            read = [getattr(cohort, name)(features) for features in networks]
            truth = [
                one.truth(lambda slopes, of=of, own=own: _auroc(slopes, of, groups, own))  # type: ignore[misc]
                for one, of in zip(read, both, strict=True)
            ]
            held[name].append([*_line(read[0].estimate, truth[0]), *_difference(read, truth)])
    return {name: np.array(lines).tolist() for name, lines in held.items()}


def _line(estimate, truth: float) -> list[float]:  # type: ignore[no-untyped-def]
    interval = estimate.interval()
    return [estimate.value - truth, estimate.standard_error, float(interval.low <= truth <= interval.high)]


def _difference(read, truth: list[float]) -> list[float]:  # type: ignore[no-untyped-def]
    """Of the paired difference, from influence values a patient alone, as score files keep them."""
    values = [one.estimate.influence_values for one in read]
    difference = read[1].estimate.value - read[0].estimate.value - (truth[1] - truth[0])
    error = float(np.sqrt(np.square(values[1] - values[0]).sum()))
    apart = float(np.sqrt(sum(np.square(one).sum() for one in values)))
    return [difference, error, float(abs(difference) <= norm.ppf(0.975) * error), apart]


def _auroc(slopes: Slopes, features: np.ndarray, groups: np.ndarray, weights: np.ndarray | None) -> float:
    """Of scores in steps so fine that ties, which count a half, move nothing: sorting so many would take its time."""
    scores = features @ (slopes[1] - slopes[0]).astype(np.float32)
    step = np.minimum((scores - scores.min()) / max(float(np.ptp(scores)), 1e-12) * _STEPS, _STEPS - 1).astype(np.int64)
    own = np.ones(len(groups)) if weights is None else weights
    positive, negative = (np.bincount(step[side], own[side], _STEPS) for side in (groups == 1, groups == 0))
    below = negative.cumsum() - negative / 2
    return float((positive * below).sum() / (positive.sum() * negative.sum()))


def _table(measured: Measured) -> str:
    rows = []
    for what, words in (("marginal", "D"), ("given", "D given C")):
        for signal in dict.fromkeys(job["signal"] for job, _ in measured):
            lines = np.array([line for job, result in measured if job["signal"] == signal for line in result[what]])
            error, se, held, difference, paired_se, paired, apart = lines.T
            rows.append(
                [
                    words,
                    f"{signal:g}",
                    str(len(lines)),
                    figure(float(error.std())),
                    figure(float(np.sqrt(np.mean(se**2)))),
                    f"{held.mean():.1%}",
                    figure(float(difference.std())),
                    figure(float(np.sqrt(np.mean(paired_se**2)))),
                    f"{paired.mean():.1%}",
                    figure(float(np.sqrt(np.mean(apart**2)))),
                ]
            )
    header = ["reading", "signal", "draws", "scatter", "standard error", "holds the truth"]
    header += ["difference: scatter", "standard error", "holds the truth", "unpaired error"]
    return table_of(header, rows)


PART = Part(_jobs, _measure, _table)
