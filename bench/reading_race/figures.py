"""The figures of a study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.reading_race.tables import Table
from bench.reading_race.walk import StudyResults


def write(study: StudyResults, made: Sequence[Table], out: Path) -> list[tuple[str, str]]:
    """Draw what the results hold; returns each file's name and title."""
    return []
