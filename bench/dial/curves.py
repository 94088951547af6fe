"""The runs behind the curves, and the scores of each network at each strength of the dial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.data.cohorts import external
from bench.dial.request import Asked, Request
from bench.errors import BenchError
from bench.leaderboard.cells import Column
from bench.leaderboard.columns import MEASURED
from bench.leaderboard.lookup import Lookup
from bench.records import Place, ScoreFile
from bench.run import run
from bench.statistics.pooling import Estimate, pool
from bench.terminal import say

#: What is scored on test patients, whatever the strength.
COLUMNS: tuple[Column, ...] = tuple(
    column for column in MEASURED if isinstance(column.produce, Lookup) and column.produce.shown.place == "test"
)
_TEST: tuple[Place, ...] = ("val", "test")


@dataclass(frozen=True)
class Point:
    """A method's scores at one strength, by the key of the column; over so many seeds, on so many patients."""

    strength: float
    seeds: int
    patients: int
    scores: dict[str, Estimate | None]


@dataclass(frozen=True)
class Curve:
    """One method in one setting, from the weakest to the strongest association."""

    label: str
    points: tuple[Point, ...]


def curves(request: Request) -> list[Curve]:
    """Train and score what is still to be trained and scored; the curves in the order asked for.

    Raises:
        BenchError: for anything the user can mend.
    """
    found: dict[str, dict[float, list[ScoreFile]]] = {}
    for number, asked in enumerate(request.networks, start=1):
        say(f"network {number} of {len(request.networks)}: {asked.label}, seed {asked.config.seed}")
        for strength, file in _files(request, asked):
            found.setdefault(asked.label, {}).setdefault(strength, []).append(file)
    return [Curve(label, tuple(_points(by_strength))) for label, by_strength in found.items()]


def _files(request: Request, asked: Asked) -> Iterable[tuple[float, ScoreFile]]:
    """The scores of a network on test patients, by the strength that they were rendered at."""
    outcome = run(asked.config, _TEST)
    own = outcome.scores(asked.config)
    if asked.strength in request.strengths:
        yield asked.strength, own
    there = {file.head.arena: file for file in outcome.record.elsewhere(own)}
    by_study = " by study" if own.head.unit == "study" else ""
    for test in asked.config.test:
        name = external.name(test, asked.config.task) + by_study
        options = test.options
        for part in request.dial.split("."):
            options = options[part]
        if name not in there:
            raise BenchError(f"{outcome.folder} holds no scores on {name}. Give the command again.")
        yield float(options), there[name]  # type: ignore[arg-type]


def _points(by_strength: dict[float, list[ScoreFile]]) -> Iterable[Point]:
    for strength in sorted(by_strength):
        files = by_strength[strength]
        patients = min(file.head.patients for file in files)
        yield Point(strength, len(files), patients, {column.key: _pooled(column, files) for column in COLUMNS})


def _pooled(column: Column, files: Sequence[ScoreFile]) -> Estimate | None:
    lookup = column.produce
    return pool([lookup.of(file) for file in files]) if isinstance(lookup, Lookup) else None
