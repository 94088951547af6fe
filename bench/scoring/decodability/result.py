"""What the reader reports, as records and as tidy scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.records import Score
from bench.scoring.intervals import Interval

CONSTANT_FEATURES = "CONSTANT_FEATURES"
ILL_CONDITIONED = "ILL_CONDITIONED"


@dataclass(frozen=True)
class ProbeReading:
    """One probe's macro one-vs-one AUROC on test folds; ``selected`` is its mean over folds on the select parts.

    ``penalties``: the penalty chosen in each fold.
    """

    name: str
    one_vs_one: Interval
    selected: float
    penalties: tuple[float, ...]


@dataclass(frozen=True)
class Null:
    """Distribution of the macro one-vs-one AUROC with groups permuted over patients: mean and percentiles.

    ``low`` and ``high`` are its 2.5th and 97.5th percentile, ``percentile_95`` what a signal must exceed.
    """

    mean: float
    percentile_95: float
    low: float
    high: float
    permutations: int


@dataclass(frozen=True)
class WithinLabel:
    """AUROCs over pairs of images that agree on every label column: disease cannot be mistaken for the group.

    ``strata`` counts the joint patterns with images of two groups or more, ``skipped`` those without.
    """

    one_vs_one: Interval
    one_vs_rest: tuple[Interval, ...]
    strata: int
    skipped: int


@dataclass(frozen=True)
class Decodability:
    """How well the group can be read from the features, by the probe that was best on held-out patients.

    All AUROCs are of test folds, with 95% intervals clustered by patient. Tuples by group are in the order of
    ``groups``; a group without images has the value None. ``rank``, ``effective_rank`` and ``condition_number``
    describe the features' covariance, means over folds.
    """

    suite_version: int
    groups: tuple[str, ...]
    group_images: tuple[int, ...]
    group_patients: tuple[int, ...]
    probe: str
    one_vs_one: Interval
    one_vs_rest: tuple[Interval, ...]
    within_label: WithinLabel | None
    probes: tuple[ProbeReading, ...]
    null: Null | None
    rank: float
    effective_rank: float
    condition_number: float
    flags: tuple[str, ...]

    @property
    def images(self) -> int:
        """Images with a known group."""
        return sum(self.group_images)

    @property
    def patients(self) -> int:
        """Patients with a known group."""
        return sum(self.group_patients)


def scores(
    decodability: Decodability,
    *,
    view: str,
    split: Literal["val", "test"],
    reference: str | None = None,
    attribute: str = "race",
) -> list[Score]:
    """Tidy scores of one view.

    Metrics: ``decodability`` (the headline: macro one-vs-one of the chosen probe), ``decodability_within_label``,
    ``decodability_ovr`` and ``decodability_ovr_within_label`` (one a group; ``n`` counts the group's images),
    ``decodability_probe`` (one a probe) and, for the method itself, ``decodability_null`` (reference "permuted"; its
    limits are percentiles of the null, not an interval of its mean).

    Args:
        decodability: from :func:`bench.scoring.decodability.decode`.
        view: where the features were taken from, "penultimate" or "outputs".
        split: of the images.
        reference: None for the method itself, "untrained" for the same architecture untrained.
        attribute: what the groups are groups of.
    """
    d = decodability
    flagged = f"flags: {', '.join(d.flags)}" if d.flags else None

    def row(
        metric: str, interval: Interval, probe: str | None = None, group: int | None = None, note: str | None = None
    ) -> Score:
        return Score(
            metric=metric,
            value=interval.value,
            low=interval.low,
            high=interval.high,
            n=d.images if group is None else d.group_images[group],
            patients=d.patients if group is None else d.group_patients[group],
            split=split,
            attribute=attribute,
            group=None if group is None else d.groups[group],
            view=view,
            probe=probe or d.probe,
            reference=reference,
            note=note,
        )

    def by_group(metric: str, intervals: tuple[Interval, ...]) -> list[Score]:
        notes = [None if interval.value is not None else "no pair of images to compare" for interval in intervals]
        return [row(metric, interval, group=g, note=notes[g]) for g, interval in enumerate(intervals)]

    rows = [row("decodability", d.one_vs_one, note=flagged)]
    if d.within_label:
        within = d.within_label
        note = f"{within.strata} strata compared, {within.skipped} without two groups skipped"
        rows.append(row("decodability_within_label", within.one_vs_one, note=note))
    rows += by_group("decodability_ovr", d.one_vs_rest)
    if d.within_label:
        rows += by_group("decodability_ovr_within_label", d.within_label.one_vs_rest)
    rows += [row("decodability_probe", probe.one_vs_one, probe=probe.name) for probe in d.probes]
    if d.null and reference is None:
        note = f"{d.null.permutations} permutations over patients; 95th percentile {d.null.percentile_95:.4f}"
        null = row("decodability_null", Interval(d.null.mean, d.null.low, d.null.high), probe="ridge", note=note)
        rows.append(null.model_copy(update={"reference": "permuted"}))
    return rows
