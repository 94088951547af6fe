"""What the suite's controls say: a function a measure, from a :class:`Decodability` to rows, and their entries."""

from __future__ import annotations

from collections.abc import Iterable

from bench.scoring.decodability.result import Decodability, Null
from bench.scoring.measures import Reading, Row
from bench.statistics.bootstrap import Interval


def _null(d: Decodability) -> Iterable[Row]:
    return _of_null(d.null, "permuted", "permutations over patients")


def _null_given(d: Decodability) -> Iterable[Row]:
    return _of_null(d.null_given, "drawn", "draws from what the diagnosis tells of the groups")


def _of_null(null: Null | None, reference: str, words: str) -> Iterable[Row]:
    if null:
        note = f"{null.permutations} {words}; 95th percentile {null.percentile_95:.4f}"
        yield Row(Interval(null.mean, null.low, null.high), reference=reference, read_by="ridge", note=note)


def _random_label(d: Decodability) -> Iterable[Row]:
    if d.random_label:
        yield Row(d.random_label.one_vs_one, reference="random label")


def _limits(d: Decodability) -> Iterable[Row]:
    for limit in d.limits:
        said = f"{limit.plantings} plantings; standard error {limit.standard_error:.3f}"
        if limit.auroc is None:
            yield Row(Interval(None), reference=limit.name, note=f"above all that was planted; {said}")
        else:
            half = 1.96 * limit.standard_error
            interval = Interval(limit.auroc, max(0.5, limit.auroc - half), min(1.0, limit.auroc + half))
            yield Row(interval, reference=limit.name, note=said)


#: What the suite reads of things whose worth is known.
CONTROLS: tuple[Reading, ...] = (
    Reading(
        "decodability_null",
        "Null",
        "null",
        None,
        "What the ridge probe reads when groups are permuted over patients; its limits are percentiles of the "
        "permutations.",
        ("controls",),
        function=_null,
    ),
    Reading(
        "decodability_null_given_diagnosis",
        "Null given the diagnosis",
        "null, diagnosis",
        None,
        "What the ridge probe reads under overlap weights when groups are drawn from what the diagnosis tells of them; "
        "its limits are percentiles of the draws.",
        ("controls",),
        function=_null_given,
    ),
    Reading(
        "decodability_random_label",
        "Random label",
        "random label",
        None,
        "What the suite reads of a label drawn at random for every patient: it must be 0.5.",
        ("controls",),
        source="Hewitt & Liang, 2019",
        function=_random_label,
    ),
    Reading(
        "detection_limit",
        "Detection limit",
        "detection limit",
        "down",
        "The weakest signal, worth so much to whoever knows where it is, that would be seen in 80% of cases in these "
        "very features with so many patients.",
        ("controls",),
        function=_limits,
    ),
)
