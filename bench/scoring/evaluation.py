"""Every diagnostic metric of every target in every group, with its bootstrap replicates: computed once, in one pass.

The diagnosis and the fairness scores are both read off these tables, so that what they say about a group is one number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bench.records import MACRO, Score
from bench.scoring import catalogue
from bench.scoring.inputs import check
from bench.scoring.measures import Metric
from bench.statistics.bootstrap import MAX_UNDEFINED, Interval, PatientBootstrap
from bench.statistics.metrics import Sample
from bench.task import Attribute

#: A group is scored on a target from so many patients, and so many images of either class, with a known label.
MIN_PATIENTS = 20
MIN_IMAGES = 10


@dataclass(frozen=True)
class Table:
    """The metrics (M, those of the evaluation) of the targets (T, then their macro mean) in the groups (G).

    Everyone is one group without a name. ``values`` ``(M, T + 1, G)`` and ``draws`` ``(M, T + 1, G, R)`` are NaN where
    a metric is not scored; ``notes`` ``(M, T + 1, G)`` then say why. ``images`` and ``patients`` ``(T + 1, G)`` count
    those with a known label (macro: of any target). ``codes`` ``(N,)`` is each image's group, -1 for none.
    """

    attribute: str | None
    groups: tuple[str | None, ...]
    codes: np.ndarray
    values: np.ndarray
    draws: np.ndarray
    images: np.ndarray
    patients: np.ndarray
    notes: np.ndarray


@dataclass(frozen=True)
class Evaluation:
    """What was predicted for some units, and the tables made of it: everyone's first, then one an attribute.

    ``metrics`` are those of the catalogue, in its order.
    """

    targets: np.ndarray
    probabilities: np.ndarray
    thresholds: np.ndarray
    names: tuple[str, ...]
    bootstrap: PatientBootstrap
    metrics: tuple[Metric, ...]
    tables: tuple[Table, ...]

    def known(self, t: int) -> np.ndarray:
        """Images whose label on target ``t`` (T: on any) is known, ``(N,) bool``."""
        known = ~np.isnan(self.targets)
        inside: np.ndarray = known.any(axis=1) if t == len(self.names) else known[:, t]
        return inside

    def score(
        self,
        metric: str,
        interval: Interval,
        t: int,
        table: Table,
        count: tuple[int, int],
        group: str | None = None,
        note: str | None = None,
    ) -> Score:
        """The record of one number on target ``t`` (T: macro); ``count`` is its images and patients."""
        if interval.value is not None and interval.low is None:
            missing = f"no interval: undefined in more than {MAX_UNDEFINED:.0%} of the bootstrap replicates"
            note = "; ".join(filter(None, [note, missing]))
        images, patients = count
        return Score(
            metric=metric,
            value=interval.value,
            low=interval.low,
            high=interval.high,
            n=images,
            patients=patients,
            target=(*self.names, MACRO)[t],
            attribute=table.attribute,
            group=group,
            note=note,
        )


def evaluate(
    targets: np.ndarray,
    probabilities: np.ndarray,
    thresholds: np.ndarray,
    names: Sequence[str],
    attributes: Sequence[Attribute],
    bootstrap: PatientBootstrap,
    threshold_draws: np.ndarray | None = None,
) -> Evaluation:
    """Score every target over everyone and in every group of every attribute.

    A group with fewer than ``MIN_PATIENTS`` patients, or fewer than ``MIN_IMAGES`` positive or negative images, with a
    known label is marked, not scored. Over everyone a metric is scored wherever it is defined. The macro value is the
    unweighted mean over targets; within an attribute it is over those targets that at least two groups are scored on,
    and a group that lacks one of them has none, so that groups are only ever compared on the same targets.

    Args:
        targets: ``(N, T)``: 1, 0, NaN for unknown.
        probabilities: of a positive, ``(N, T)`` within [0, 1].
        thresholds: ``(T,)``; an image is called positive from there on; NaN where there is none.
        names: of the T targets.
        attributes: groupings of the N images.
        bootstrap: of the N images' patients.
        threshold_draws: the thresholds of each replicate, ``(T, R)``: those that would have been chosen on other
            patients. None: the same in all.

    Raises:
        BenchError: on shapes that do not match, labels other than 0, 1 and NaN, probabilities outside [0, 1].
    """
    targets, probabilities, thresholds = (
        np.asarray(array, dtype=float) for array in (targets, probabilities, thresholds)
    )
    check(targets, probabilities, thresholds, tuple(names), attributes, bootstrap)
    metrics = catalogue.METRICS
    everyone = np.zeros(len(targets), dtype=np.int64)
    groupings: list[tuple[str | None, tuple[str | None, ...], np.ndarray]] = [(None, (None,), everyone)]
    groupings += [(attribute.name, attribute.groups, np.asarray(attribute.codes)) for attribute in attributes]
    cells = [
        _cell(rows[codes[rows] == g], t, targets, probabilities, thresholds, bootstrap, strict=attribute is not None)
        for attribute, groups, codes in groupings
        for t, rows in enumerate(_sorted_rows(targets, probabilities, bootstrap))
        for g in range(len(groups))
    ]

    values, draws = _replicated(bootstrap, partial(_values, metrics, cells), threshold_draws)
    tables, start = [], 0
    for attribute, groups, codes in groupings:
        here = slice(start, start + len(names) * len(groups))
        start = here.stop
        inside = np.array(cells[here], dtype=object).reshape(len(names), len(groups))
        tables.append(
            _table(attribute, groups, codes, values[:, here], draws[:, here], inside, tuple(names), metrics, bootstrap)
        )
    return Evaluation(targets, probabilities, thresholds, tuple(names), bootstrap, metrics, tuple(tables))


def _values(
    metrics: Sequence[Metric], cells: Sequence[_Cell], weights: np.ndarray, thresholds: np.ndarray | None = None
) -> np.ndarray:
    """Every metric in every cell, ``(M, C, R)``, of image weights ``(N, R)``, with thresholds of each ``(T, R)``."""
    values = np.full((len(metrics), len(cells), weights.shape[1]), np.nan)
    for c, cell in enumerate(cells):
        if cell.note is None:
            inside = weights[cell.rows]
            sample = cell.sample if thresholds is None else replace(cell.sample, threshold=thresholds[cell.target])
            for m, metric in enumerate(metrics):
                values[m, c] = metric.function(sample if metric.at_threshold else cell.sample, inside)
    return values


def _replicated(
    bootstrap: PatientBootstrap, statistic: Callable[..., np.ndarray], thresholds: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """What :meth:`PatientBootstrap.replicate` gives, where each replicate has thresholds ``(T, R)`` of its own."""
    if thresholds is None:
        return bootstrap.replicate(statistic)
    whole = statistic(np.ones((len(bootstrap.patients), 1)))[..., 0]
    draws, start = [], 0
    for weights in bootstrap.chunks():
        draws.append(statistic(weights, thresholds[:, start : start + weights.shape[1]]))
        start += weights.shape[1]
    return whole, np.concatenate(draws, axis=-1)


@dataclass(frozen=True)
class _Cell:
    """One target in one group; ``note`` says why it is not scored."""

    target: int
    rows: np.ndarray
    sample: Sample
    patients: int
    note: str | None

    @property
    def counts(self) -> str:
        positive = int(self.sample.positives.sum())
        return (
            f"{self.patients} patients, {positive} positive and {len(self.rows) - positive} negative images "
            "with a known label"
        )


def _sorted_rows(targets: np.ndarray, probabilities: np.ndarray, bootstrap: PatientBootstrap) -> list[np.ndarray]:
    """For each target the rows with a known label, in an order that does not depend on that of the rows.

    Sums of floating-point numbers depend on their order in the last digit. Images alike in all three keys weigh the
    same, so their order does not matter.
    """
    rows = []
    for t in range(targets.shape[1]):
        known = np.flatnonzero(~np.isnan(targets[:, t]))
        rows.append(known[np.lexsort((bootstrap.patients[known], targets[known, t], probabilities[known, t]))])
    return rows


def _cell(
    rows: np.ndarray,
    t: int,
    targets: np.ndarray,
    probabilities: np.ndarray,
    thresholds: np.ndarray,
    bootstrap: PatientBootstrap,
    strict: bool,
) -> _Cell:
    sample = Sample(probabilities[rows, t], targets[rows, t] == 1, float(thresholds[t]))
    cell = _Cell(t, rows, sample, len(np.unique(bootstrap.patients[rows])), None)
    positive = int(sample.positives.sum())
    small = cell.patients < MIN_PATIENTS or min(positive, len(rows) - positive) < MIN_IMAGES
    if not (small if strict else len(rows) == 0):
        return cell
    needed = f" (needed: {MIN_PATIENTS} patients, {MIN_IMAGES} images of each class)" if strict else ""
    return replace(cell, note=f"too small to score: {cell.counts}{needed}")


def _table(
    attribute: str | None,
    groups: tuple[str | None, ...],
    codes: np.ndarray,
    values: np.ndarray,
    draws: np.ndarray,
    cells: np.ndarray,
    names: tuple[str, ...],
    metrics: tuple[Metric, ...],
    bootstrap: PatientBootstrap,
) -> Table:
    """Put the cells ``(T, G)`` and their values ``(M, T · G)`` together, and the macro row below them."""
    m, t, g = shape = (len(metrics), *cells.shape)
    values, draws = values.reshape(shape), draws.reshape(*shape, -1)
    notes = np.full((m, t + 1, g), None, dtype=object)
    for i, metric in enumerate(metrics):
        for j in range(t):
            for k in range(g):
                if np.isnan(values[i, j, k]):
                    notes[i, j, k] = _why_undefined(metric, cells[j, k])
    macro = np.full((m, g), np.nan)
    macro_draws = np.full((m, g, draws.shape[-1]), np.nan)
    for i in range(m):
        scored = np.isfinite(values[i])
        taken = scored.sum(axis=1) >= max(1, min(2, scored.sum(axis=1).max()))
        if taken.any():
            macro[i], macro_draws[i] = values[i, taken].mean(axis=0), draws[i, taken].mean(axis=0)
        notes[i, t] = [_macro_note(names, taken, scored[:, k]) for k in range(g)]
    members = [[np.unique(np.concatenate([cells[j, k].rows for j in range(t)])) for k in range(g)]]
    rows = [[cell.rows for cell in line] for line in cells] + members
    return Table(
        attribute,
        groups,
        codes,
        np.concatenate([values, macro[:, None]], axis=1),
        np.concatenate([draws, macro_draws[:, None]], axis=1),
        np.array([[len(inside) for inside in line] for line in rows]),
        np.array([[len(np.unique(bootstrap.patients[inside])) for inside in line] for line in rows]),
        notes,
    )


def _why_undefined(metric: Metric, cell: _Cell) -> str:
    if cell.note is not None:
        return cell.note
    if metric.at_threshold and np.isnan(cell.sample.threshold).all():
        return "no threshold: the images it is chosen on hold only one class of this target"
    return f"undefined: {cell.counts}"


def _macro_note(names: tuple[str, ...], taken: np.ndarray, scored: np.ndarray) -> str | None:
    missing = [name for name, wanted, there in zip(names, taken, scored, strict=True) if wanted and not there]
    if missing or not taken.any():
        return f"no mean over targets: not scored on {', '.join(missing or names)}"
    left_out = [name for name, wanted in zip(names, taken, strict=True) if not wanted]
    return f"mean over targets without {', '.join(left_out)}" if left_out else None
