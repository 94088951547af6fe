"""What gaps between groups read where there is none: the groups permuted over patients.

Three groups never get the same error rates, however fair a network is, so that a gap has a floor, which depends on how
many patients a group has. With groups permuted over patients nothing but chance is left of it: its mean is what to
expect, and a gap below its 95th percentile is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bench.records import MACRO, Score
from bench.scoring.catalogue import DIFFERENCES, SPECIFICITY, UNDERDIAGNOSIS
from bench.scoring.evaluation import Evaluation, Table
from bench.scoring.measures import PERMUTED, null_of
from bench.statistics.metrics import Sample

#: So many permutations; the 95th percentile is then that of one in twenty.
PERMUTATIONS = 399
#: The limits of what is shown: percentiles.
LOW, HIGH = 0.05, 0.95
#: Images × permutations that are weighed at a time.
_CHUNK = 2_000_000


def scores(evaluation: Evaluation, table: Table, no_finding: str | None = None, seed: int = 0) -> list[Score]:
    """The null of every gap between the groups of an attribute: mean, 5th and 95th percentile over permutations.

    What was not scored in a group is left out of its gap, and so it is here. Intervals of gaps are wider than this, as
    they tell how well a gap is known and not whether there is one.

    Args:
        evaluation: of the test images.
        table: of the attribute.
        no_finding: the target that says "healthy", if there is one.
        seed: of the permutations, which are the same for every network of these patients.
    """
    values = _values(evaluation, table, seed)
    names, position = (*evaluation.names, MACRO), {metric.key: m for m, metric in enumerate(evaluation.metrics)}
    found: dict[str, dict[str, np.ndarray]] = {}
    for metric in evaluation.metrics:
        if metric.compared:
            gaps = _gap(values[position[metric.key]])
            found[metric.gap.key] = dict(zip(names, gaps, strict=True))
    for difference in DIFFERENCES:
        rates = values[[position[rate] for rate in difference.rates], :-1]
        widest = _gap(rates).max(axis=0)
        found[difference.key] = dict(zip(names, [*widest, _mean(widest)], strict=True))
    if no_finding is not None:
        # The gap in one rate is that in its complement.
        found[UNDERDIAGNOSIS.gap.key] = {no_finding: found[SPECIFICITY.gap.key][no_finding]}
    return list(_made(evaluation, table, found))


def _made(evaluation: Evaluation, table: Table, found: Mapping[str, Mapping[str, np.ndarray]]) -> Iterator[Score]:
    t_of = {name: t for t, name in enumerate((*evaluation.names, MACRO))}
    grouped = table.codes >= 0
    for key, by_target in found.items():
        for target, draws in by_target.items():
            known = draws[~np.isnan(draws)]
            inside = grouped & evaluation.known(t_of[target])
            some = len(known) > 0.9 * len(draws)
            low, high = np.quantile(known, (LOW, HIGH), method="weibull") if some else (None, None)
            yield Score(
                metric=null_of(key),
                value=float(known.mean()) if some else None,
                low=None if low is None else float(low),
                high=None if high is None else float(high),
                n=int(inside.sum()),
                patients=len(np.unique(evaluation.bootstrap.patients[inside])),
                target=target,
                attribute=table.attribute,
                reference=PERMUTED,
                note=None if some else "fewer than two groups can be scored",
            )


def _values(evaluation: Evaluation, table: Table, seed: int) -> np.ndarray:
    """Every metric with groups permuted, ``(M, T + 1, G', R)``, of the G' groups that are scored at all."""
    patients = np.unique(evaluation.bootstrap.patients, return_inverse=True)[1]
    permuted = _permuted(patients, table.codes, seed)
    groups = [g for g in range(len(table.groups)) if np.isfinite(table.values[:, :, g]).any()]
    shape = (len(evaluation.metrics), len(evaluation.names) + 1, max(len(groups), 1), PERMUTATIONS)
    values = np.full(shape, np.nan)
    for t in range(len(evaluation.names)):
        rows = np.flatnonzero(evaluation.known(t))
        sample = Sample(
            evaluation.probabilities[rows, t], evaluation.targets[rows, t] == 1, float(evaluation.thresholds[t])
        )
        step = max(1, _CHUNK // max(len(rows), 1))
        for start in range(0, PERMUTATIONS, step):
            here = slice(start, start + step)
            drawn = permuted[patients[rows], here]
            for i, g in enumerate(groups):
                inside = (drawn == g).astype(float)
                for m, metric in enumerate(evaluation.metrics):
                    if np.isfinite(table.values[m, t, g]):
                        values[m, t, i, here] = metric.function(sample, inside)
    # A group that is scored on too few targets has no mean, and there is no gap of one group.
    for m in range(len(evaluation.metrics)):
        scored = np.isfinite(table.values[m][:, groups])
        taken = scored[:-1].sum(axis=1) >= 2
        there = scored[-1]
        if taken.any() and there.sum() >= 2:
            values[m, -1, there] = values[m, :-1][taken][:, there].mean(axis=0)
    return values


def _gap(values: np.ndarray) -> np.ndarray:
    """Between the groups that are scored, ``(…, G, R)`` to ``(…, R)``; NaN where fewer than two are."""
    scored = ~np.isnan(values).all(axis=-1, keepdims=True)
    high, low = np.where(scored, values, -np.inf).max(axis=-2), np.where(scored, values, np.inf).min(axis=-2)
    several = scored.sum(axis=-2) >= 2
    gap: np.ndarray = np.where(several, np.where(several, high, 0.0) - np.where(several, low, 0.0), np.nan)
    return gap


def _permuted(patients: np.ndarray, codes: np.ndarray, seed: int) -> np.ndarray:
    """Each patient's group under R permutations of the groups over the patients who have one, ``(P, R)``; else -1."""
    own = np.full(int(patients.max()) + 1, -1)
    own[patients] = codes
    known = np.flatnonzero(own >= 0)
    permuted = np.full((len(own), PERMUTATIONS), -1)
    rng = np.random.default_rng(seed)
    permuted[known] = rng.permuted(np.tile(own[known], (PERMUTATIONS, 1)), axis=1).T
    return permuted


def _mean(by_target: np.ndarray) -> np.ndarray:
    """The mean over the targets that have a value, ``(R,)``."""
    there = ~np.isnan(by_target).all(axis=1)
    mean: np.ndarray = by_target[there].mean(axis=0) if there.any() else np.full(by_target.shape[1], np.nan)
    return mean
