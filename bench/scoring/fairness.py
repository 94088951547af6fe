"""How evenly a network diagnoses: the worst group, the gap, error-rate differences, and who is underdiagnosed.

Only groups large enough to score take part (see :func:`bench.scoring.evaluation.evaluate`); the note of a score names
those left out. A worst group is the worst for the metric's direction: the lowest AUROC, the highest calibration error.
"""

from __future__ import annotations

import numpy as np

from bench.errors import BenchError, suggest
from bench.records import Score
from bench.scoring.catalogue import DIFFERENCES, SPECIFICITY, UNDERDIAGNOSIS
from bench.scoring.evaluation import Evaluation, Table
from bench.scoring.measures import Difference, Metric
from bench.statistics.bootstrap import Interval


def scores(evaluation: Evaluation, no_finding: str | None = None) -> list[Score]:
    """The fairness scores of every attribute.

    - ``worst_<metric>``: the metric in the group where it is worst; the note names the group (``group`` is None, as of
      every score over the groups of an attribute).
    - ``<metric>_gap``: largest minus smallest over groups. Of ``macro``, both are of the groups' macro values.
    - ``equalized_odds_difference``, ``demographic_parity_difference`` (fairlearn) at the target's threshold; ``macro``
      is their mean over targets.
    - ``underdiagnosis_rate``: false-positive rate of ``no_finding``, over everyone and per group, with worst and gap.

    Args:
        evaluation: of the test images.
        no_finding: name of the target that says "healthy", if the task has one.

    Raises:
        BenchError: when there is no target of the name ``no_finding``.
    """
    result = []
    for table in evaluation.tables[1:]:
        for m, metric in enumerate(evaluation.metrics):
            if metric.compared:
                for t in range(len(evaluation.names) + 1):
                    result += _worst_and_gap(evaluation, table, metric, t, table.values[m, t], table.draws[m, t])
        for difference in DIFFERENCES:
            result += _differences(evaluation, table, difference)
    return result + (_underdiagnosis(evaluation, no_finding) if no_finding is not None else [])


def gap(rates: np.ndarray) -> np.ndarray:
    """The largest, over S rates, of the differences between groups: ``(S, G, R)`` to ``(R,)``.

    Of sensitivity and false-positive rate it is the equalized-odds difference, of the selection rate the
    demographic-parity difference (Agarwal et al., 2018; worst case, between groups, as in fairlearn).
    """
    widest: np.ndarray = np.ptp(rates, axis=1).max(axis=0)
    return widest


def _worst_and_gap(
    evaluation: Evaluation, table: Table, metric: Metric, t: int, values: np.ndarray, draws: np.ndarray
) -> list[Score]:
    """Both from a metric's values ``(G,)`` and replicates ``(G, R)``."""
    names = (metric.worst.key, metric.gap.key)
    taken, count, note = _taken(evaluation, table, t, values)
    if taken.sum() < 2:
        return [evaluation.score(name, Interval(None), t, table, count, note=note) for name in names]
    values, draws = values[taken], draws[taken]
    # Replicates of what noise does to each group, whatever its value: what bounds an extreme over groups.
    noise = draws - values[:, None]
    limits = evaluation.bootstrap.limits
    if metric.better == "up":
        worst = int(values.argmin())
        interval = limits(float(values[worst]), draws.min(axis=0), "down", noise.min(axis=0))
    else:
        worst = int(values.argmax())
        interval = limits(float(values[worst]), draws.max(axis=0), "up", noise.max(axis=0))
    name = table.groups[np.flatnonzero(taken)[worst]]
    worst_note = "; ".join(filter(None, [f"worst group: {name}", note]))
    gap_interval = limits(float(np.ptp(values)), gap(draws[None]), "up", gap(noise[None]))
    return [
        evaluation.score(names[0], interval, t, table, count, note=worst_note),
        evaluation.score(names[1], gap_interval, t, table, count, note=note),
    ]


def _differences(evaluation: Evaluation, table: Table, difference: Difference) -> list[Score]:
    """One score a target, then their mean."""
    rows = [m for m, metric in enumerate(evaluation.metrics) if metric.key in difference.rates]
    bootstrap = evaluation.bootstrap
    result, values, draws, noises = [], [], [], []
    compared = np.zeros(len(table.codes), dtype=bool)
    for t in range(len(evaluation.names)):
        # The sum over rates is NaN in a group that lacks one of them.
        taken, count, note = _taken(evaluation, table, t, table.values[rows, t].sum(axis=0))
        interval = Interval(None)
        if taken.sum() >= 2:
            inside = evaluation.known(t) & taken[table.codes] & (table.codes >= 0)
            compared |= inside
            value = difference.function(
                evaluation.targets[inside, t],
                evaluation.probabilities[inside, t] >= evaluation.thresholds[t],
                sensitive_features=table.codes[inside],
            )
            rates = table.draws[rows, t][:, taken]
            values.append(value)
            draws.append(gap(rates))
            noises.append(gap(rates - table.values[rows, t][:, taken, None]))
            interval = bootstrap.limits(value, draws[-1], "up", noises[-1])
        result.append(evaluation.score(difference.key, interval, t, table, count, note=note))
    macro = Interval(None)
    if values:
        macro = bootstrap.limits(float(np.mean(values)), np.mean(draws, axis=0), "up", np.mean(noises, axis=0))
    missing = [score.target or "" for score in result if score.value is None]
    note = f"mean over targets without {', '.join(missing)}" if missing and values else None
    note = note if values else "fewer than two groups can be scored on any target"
    t = len(evaluation.names)
    count = _count(evaluation, t, compared)
    return [*result, evaluation.score(difference.key, macro, t, table, count, note=note)]


def _underdiagnosis(evaluation: Evaluation, no_finding: str) -> list[Score]:
    if no_finding not in evaluation.names:
        message = f"There is no target {no_finding!r} to count the underdiagnosed by."
        raise BenchError(message + suggest(no_finding, evaluation.names))
    t = evaluation.names.index(no_finding)
    m = evaluation.metrics.index(SPECIFICITY)
    result = []
    for table in evaluation.tables:
        values, draws = 1 - table.values[m, t], 1 - table.draws[m, t]
        for g, group in enumerate(table.groups):
            interval = evaluation.bootstrap.limits(float(values[g]), draws[g])
            count = (int(table.images[t, g]), int(table.patients[t, g]))
            note = table.notes[m, t, g]
            result.append(evaluation.score(UNDERDIAGNOSIS.key, interval, t, table, count, group, note))
        if table.attribute is not None:
            result += _worst_and_gap(evaluation, table, UNDERDIAGNOSIS, t, values, draws)
    return result


def _taken(
    evaluation: Evaluation, table: Table, t: int, values: np.ndarray
) -> tuple[np.ndarray, tuple[int, int], str | None]:
    """Which groups take part (those with a value), their images and patients, and a note on the others."""
    taken = ~np.isnan(values)
    left_out = [str(group) for group, there in zip(table.groups, taken, strict=True) if not there]
    note = f"not scored and left out: {', '.join(left_out)}" if left_out else None
    if taken.sum() < 2:
        note = "; ".join(filter(None, ["fewer than two groups can be scored", note]))
    return taken, _count(evaluation, t, taken[table.codes] & (table.codes >= 0)), note


def _count(evaluation: Evaluation, t: int, inside: np.ndarray) -> tuple[int, int]:
    """Images and patients with a known label on target ``t`` among those ``inside``."""
    patients = evaluation.bootstrap.patients[evaluation.known(t) & inside]
    return len(patients), len(np.unique(patients))
