"""The diagnosis in three test conditions: as trained, with race and disease unrelated, and with their tie inverted.

A network that takes the protected attribute for a hint of disease is helped by it where the two go together as they did
in training, and misled where they do not. What it loses from the first condition to the others is the price of that use
(Müller & Berens, 2026, arXiv 2602.18502, for sex). A phantom renders the same patients in all three; other sets have
their test patients weighted.

Weights. With P(y | g) the share of the labels y in group g, and P(y) that of all, an image weighs P'(y | g) / P(y | g):
balanced, P'(y | g) = P(y); inverted, the log odds of P'(1 | g) lie as far on the other side of those of P(1) as those
of P(1 | g) lie on theirs. Groups keep their sizes. The shares are found anew in every replicate of the bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.records import MACRO, Score
from bench.records.score import label
from bench.scoring.catalogue import AUROC, BRIER, CONDITION_LOSS, EFFECTIVE_SHARE, SENSITIVITY, SPECIFICITY
from bench.scoring.evaluation import MIN_IMAGES, MIN_PATIENTS
from bench.scoring.measures import AS_TRAINED, BALANCED, CONDITION, CONDITIONS, INVERTED
from bench.statistics.auroc import Contest, decide
from bench.statistics.bootstrap import MAX_UNDEFINED, Interval, PatientBootstrap
from bench.statistics.metrics import Sample

#: What is scored in each condition; what is lost from one to another is said of the first.
METRICS = (AUROC, BRIER, SENSITIVITY, SPECIFICITY)
#: From image weights ``(n, R)`` to those of a condition.
Reweigh = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Predicted:
    """What was predicted for the images of the conditions, and of whom.

    Args:
        targets: ``(N, T)``: 1, 0, NaN for unknown.
        probabilities: of a positive, ``(N, T)``.
        thresholds: ``(T,)``.
        names: of the targets.
        groups: codes of the protected attribute, ``(N,)``, -1 for unknown.
        group_names: of the codes.
        condition: position in ``CONDITIONS`` that an image was rendered in, ``(N,)``; None where the same images stand
            for all three, by weights.
    """

    targets: np.ndarray
    probabilities: np.ndarray
    thresholds: np.ndarray
    names: tuple[str, ...]
    groups: np.ndarray
    group_names: tuple[str, ...]
    condition: np.ndarray | None


@dataclass(frozen=True)
class _Cell:
    """One target in one condition: ``rows`` of its images; ``note`` says why it is not scored, or who is left out."""

    rows: np.ndarray
    sample: Sample
    reweigh: Reweigh
    scored: bool
    note: str | None


def scores(predicted: Predicted, bootstrap: PatientBootstrap) -> list[Score]:
    """The diagnosis in every condition, and what is lost from the first to each of the others.

    ``attribute`` is "condition" and ``group`` the condition; ``macro`` is the mean over the targets that are scored in
    all three. A loss is the difference of two AUROCs of the same patients, with the interval of the difference. A
    target is scored by weights only among groups with enough images of both classes.
    """
    cells = _cells(predicted, bootstrap)
    # Only targets that are scored in all three conditions have a difference, and a part in the mean.
    whole = np.array([all(cell.scored for cell in of_target) for of_target in cells])

    def statistic(weights: np.ndarray) -> np.ndarray:
        values = np.full((len(METRICS), len(CONDITIONS), len(cells) + 1, weights.shape[1]), np.nan)
        for t, of_target in enumerate(cells):
            for c, cell in enumerate(of_target):
                if cell.scored:
                    inside = cell.reweigh(weights[cell.rows])
                    values[:, c, t] = [metric.function(cell.sample, inside) for metric in METRICS]
        if whole.any():
            values[:, :, -1] = values[:, :, :-1][:, :, whole].mean(axis=2)
        return values

    values, draws = bootstrap.replicate(statistic)
    one = _Scorer(predicted, cells, whole, bootstrap)
    found = [
        one.score(metric.key, values[m, c, t], draws[m, c, t], t, c)
        for m, metric in enumerate(METRICS)
        for c in range(len(CONDITIONS))
        for t in range(len(cells) + 1)
    ]
    first = METRICS.index(AUROC)
    for c in (CONDITIONS.index(BALANCED), CONDITIONS.index(INVERTED)):
        loss, of_loss = values[first, 0] - values[first, c], draws[first, 0] - draws[first, c]
        found += [one.score(CONDITION_LOSS.key, loss[t], of_loss[t], t, c) for t in range(len(cells) + 1)]
    return found + (one.effective() if predicted.condition is None else [])


def influence(predicted: Predicted, bootstrap: PatientBootstrap) -> dict[str, np.ndarray]:
    """How much each patient moves the losses of rendered conditions, ``(P,)`` each; empty where they are by weights."""
    if predicted.condition is None:
        return {}
    patients = np.unique(bootstrap.patients, return_inverse=True)[1]
    by_condition = np.zeros((len(CONDITIONS), len(predicted.names), int(patients.max()) + 1))
    for t, of_target in enumerate(_cells(predicted, bootstrap)):
        for c, cell in enumerate(of_target):
            positive = cell.sample.positives
            value, moved = decide(Contest(cell.sample.scores, positive, ~positive))
            if np.isnan(value):
                return {}
            np.add.at(by_condition[c, t], patients[cell.rows], moved)
    lost = by_condition[0] - by_condition
    return {
        label(CONDITION_LOSS.key, target=name, attribute=CONDITION, group=condition): values
        for c, condition in enumerate(CONDITIONS)
        if c
        for name, values in zip((*predicted.names, MACRO), [*lost[c], lost[c].mean(axis=0)], strict=True)
    }


def weights(groups: np.ndarray, positive: np.ndarray, images: np.ndarray, condition: str) -> np.ndarray:
    """What images weigh in a condition, ``(n, R)``, given what they weigh as trained; NaN where a group lacks a class.

    Args:
        groups: codes 0 … G-1, ``(n,)``.
        positive: ``(n,) bool``.
        images: weights ``(n, R)`` of R weightings.
        condition: one of ``CONDITIONS``.
    """
    if condition == AS_TRAINED:
        return images
    member = (groups[:, None] == np.arange(groups.max() + 1)).astype(float)
    size, ill = member.T @ images, member.T @ (images * positive[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        share, overall = ill / size, ill.sum(axis=0) / size.sum(axis=0)
        odds = overall / (1 - overall)
        wanted_odds = np.broadcast_to(odds, share.shape) if condition == BALANCED else odds**2 * (1 - share) / share
        wanted = wanted_odds / (1 + wanted_odds)
        factor = np.where(positive[:, None], (wanted / share)[groups], ((1 - wanted) / (1 - share))[groups])
    return np.asarray(images * factor)


def _cells(predicted: Predicted, bootstrap: PatientBootstrap) -> list[list[_Cell]]:
    """A cell a target and condition."""
    return [
        [_rendered(predicted, t, c) if predicted.condition is not None else _weighted(predicted, t, c, bootstrap)
         for c in range(len(CONDITIONS))]
        for t in range(len(predicted.names))
    ]  # fmt: skip


def _rendered(predicted: Predicted, t: int, c: int) -> _Cell:
    rows = np.flatnonzero(~np.isnan(predicted.targets[:, t]) & (predicted.condition == c))
    sample = _sample(predicted, rows, t)
    both = 0 < sample.positives.sum() < len(rows)
    return _Cell(rows, sample, lambda images: images, bool(both), None if both else "one class only")


def _weighted(predicted: Predicted, t: int, c: int, bootstrap: PatientBootstrap) -> _Cell:
    """The images of the groups that have enough of both classes of a target, to be weighted."""
    known, kept, lacking = ~np.isnan(predicted.targets[:, t]), [], []
    for code, name in enumerate(predicted.group_names):
        inside = np.flatnonzero(known & (predicted.groups == code))
        positive = int((predicted.targets[inside, t] == 1).sum())
        few = min(positive, len(inside) - positive) < MIN_IMAGES
        if few or len(np.unique(bootstrap.patients[inside])) < MIN_PATIENTS:
            lacking.append(f"{name} ({positive} positive, {len(inside) - positive} negative images)")
        else:
            kept.append(code)
    rows = np.flatnonzero(known & np.isin(predicted.groups, kept))
    note = f"left out, since too few are of one class: {', '.join(lacking)}" if lacking else None
    if len(kept) < 2:
        note = f"no overlap: fewer than two groups have enough images of both classes; {note}"
    sample = _sample(predicted, rows, t)
    groups = np.searchsorted(kept, predicted.groups[rows])
    condition = CONDITIONS[c]
    return _Cell(
        rows, sample, lambda images: weights(groups, sample.positives, images, condition), len(kept) >= 2, note
    )


def _sample(predicted: Predicted, rows: np.ndarray, t: int) -> Sample:
    return Sample(predicted.probabilities[rows, t], predicted.targets[rows, t] == 1, float(predicted.thresholds[t]))


@dataclass(frozen=True)
class _Scorer:
    """Puts numbers of a target and a condition into scores; position T of the targets is their mean."""

    predicted: Predicted
    cells: Sequence[Sequence[_Cell]]
    whole: np.ndarray
    bootstrap: PatientBootstrap

    def score(self, metric: str, value: float, draws: np.ndarray, t: int, c: int) -> Score:
        interval = self.bootstrap.limits(float(value), draws)
        rows, note = self._about(t, c)
        if interval.value is not None and interval.low is None:
            missing = f"no interval: undefined in more than {MAX_UNDEFINED:.0%} of the bootstrap replicates"
            note = "; ".join(filter(None, [note, missing]))
        return self._made(metric, interval, rows, t, c, note)

    def effective(self) -> list[Score]:
        """Kish's effective sample of the weights of each target in each condition, as a share of its images."""
        found = []
        for t, of_target in enumerate(self.cells):
            for c, cell in enumerate(of_target):
                weighed = cell.reweigh(np.ones((len(cell.rows), 1))) if cell.scored else np.zeros((0, 1))
                share = float(weighed.sum() ** 2 / (weighed**2).sum() / len(weighed)) if cell.scored else None
                found.append(self._made(EFFECTIVE_SHARE.key, Interval(share), cell.rows, t, c, cell.note))
        return found

    def _about(self, t: int, c: int) -> tuple[np.ndarray, str | None]:
        """The images of a target, or of all targets that the mean is over, and the note."""
        names = self.predicted.names
        if t < len(names):
            return self.cells[t][c].rows, self.cells[t][c].note
        taken = [of_target[c].rows for of_target, there in zip(self.cells, self.whole, strict=True) if there]
        lacking = [name for name, there in zip(names, self.whole, strict=True) if not there]
        note = f"mean over targets without {', '.join(lacking)}" if lacking else None
        rows = np.unique(np.concatenate(taken)) if taken else np.zeros(0, dtype=np.int64)
        return rows, note if taken else f"no mean over targets: not scored on {', '.join(lacking)}"

    def _made(self, metric: str, interval: Interval, rows: np.ndarray, t: int, c: int, note: str | None) -> Score:
        return Score(
            metric=metric,
            value=interval.value,
            low=interval.low,
            high=interval.high,
            n=len(rows),
            patients=len(np.unique(self.bootstrap.patients[rows])),
            target=(*self.predicted.names, MACRO)[t],
            attribute=CONDITION,
            group=CONDITIONS[c],
            note=note,
        )
