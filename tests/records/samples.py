"""Small files of scores, written by hand."""

from __future__ import annotations

from typing import Any

from bench.records import Head, Score, ScoreFile

HEAD = {
    "arena": "test",
    "place": "test",
    "dataset": "phantom",
    "synthetic": True,
    "data": "da7a",
    "split": "5911",
    "protected": "race",
    "groups": ["Asian", "Black", "White"],
    "targets": ["effusion"],
    "unit": "image",
    "n": 40,
    "patients": 30,
    "layers": "features",
    "scoring": 1,
    "suite": 1,
}


def file(run: str, *scores: Score, created: str = "2026-01-01T00:00:00+00:00", **head: Any) -> ScoreFile:
    """A file of scores; ``head`` are fields of the head that are not those of ``HEAD``."""
    made = Head(**{**HEAD, **head})
    return ScoreFile(run=run, head=made, created=created, replicates=100, flags=[], scores=list(scores))
