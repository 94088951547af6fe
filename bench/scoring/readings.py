"""What the suite read of a layer, as tidy scores."""

from __future__ import annotations

import math

from bench.records import Score
from bench.scoring.catalogue import READINGS
from bench.scoring.decodability.result import Decodability

_UNDEFINED = "undefined: with so few patients some part of a division holds one group only"


def _defined(number: float | None) -> float | None:
    """The number; None where it is not one."""
    return None if number is None or math.isnan(number) else number


def scores(found: Decodability, *, attribute: str, reference: str | None = None) -> list[Score]:
    """The scores of every entry of the catalogue that is read, in its order.

    Args:
        found: from :func:`bench.scoring.decodability.decode`.
        attribute: what the groups are groups of.
        reference: None for the method itself, else what was read instead ("untrained", "leace").
    """
    return [
        Score(
            metric=measure.key,
            value=_defined(row.interval.value),
            low=_defined(row.interval.low),
            high=_defined(row.interval.high),
            n=found.images if row.images is None else row.images,
            patients=found.patients if row.patients is None else row.patients,
            attribute=attribute,
            group=row.group,
            layer=found.layer,
            probe=row.probe,
            reference=row.reference or reference,
            level=row.level,
            read_by=row.read_by,
            note=row.note if _defined(row.interval.value) == row.interval.value else _UNDEFINED,
        )
        for measure in READINGS
        for row in measure.function(found)
    ]
