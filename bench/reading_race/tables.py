"""Results into lines: a setting, and for every group what the paper found and what was found here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bench.reading_race.published import Published
from bench.reading_race.results import Cell, Result, Value
from bench.reading_race.scores import DIFFERENCE
from bench.reading_race.walk import Found
from bench.records import MACRO, Score
from bench.statistics.pooling import Estimate, pool


@dataclass(frozen=True)
class Entry:
    """One number: of the paper, and here, pooled over seeds; ``note`` says why it is lacking, or what it leaves out."""

    paper: Published | None
    here: Estimate | None
    note: str | None


@dataclass(frozen=True)
class Line:
    """One line of a table: the same part of the images in the same cell, for every group and ``macro``."""

    label: str
    cell: Cell
    details: Cell
    score: Score
    seeds: int
    images: int
    patients: int
    entries: dict[str, Entry]


@dataclass(frozen=True)
class Table:
    """The lines of one experiment."""

    name: str
    question: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    skipped: tuple[str, ...]
    as_figure: bool = False


def make(found: Found, groups: Sequence[str], task: str) -> Table:
    """The table of one experiment. Two groups have no column each: their AUROCs are one number."""
    columns = (MACRO, *(groups if len(groups) > 2 else ()))
    by_cell: dict[str, list[Result]] = {}
    for result in found.results:
        by_cell.setdefault(json.dumps(result.cell, sort_keys=True), []).append(result)
    lines = [line for results in by_cell.values() for line in _lines(found, results, columns, task)]
    notes = dict.fromkeys(note for result in found.results for note in result.notes)
    experiment = found.experiment
    return Table(
        experiment.name,
        experiment.question,
        columns,
        tuple(lines),
        tuple(notes),
        tuple(found.skipped),
        experiment.as_figure,
    )


def _lines(found: Found, results: Sequence[Result], columns: Sequence[str], task: str) -> list[Line]:
    first, experiment = results[0], found.experiment
    parts: dict[tuple[str | float | None, ...], list[Score]] = {}
    for score in first.scores:
        parts.setdefault(_part(score), []).append(score)
    lines = []
    for part, scores in parts.items():
        within = (-1.0, 1.0) if scores[0].metric == DIFFERENCE else (0.0, 1.0)
        entries = {}
        for score in scores:
            column = score.target or MACRO
            if column not in columns:
                continue
            same = [_find(result, part, score.target) for result in results]
            paper = experiment.published_of(task, first.cell, score)
            note = next((one.note for one in same if one is not None and one.note), None)
            entries[column] = Entry(paper, pool(same, within), note)
        most = max(scores, key=lambda score: score.n)
        label = ", ".join(filter(None, [experiment.label(first.cell), _words(scores[0])]))
        lines.append(
            Line(label, first.cell, first.details, scores[0], len(results), most.n, most.patients or 0, entries)
        )
    return lines


def _part(score: Score) -> tuple[str | float | None, ...]:
    return (score.metric, score.attribute, score.group, score.layer, score.probe, score.reference, score.level)


def _find(result: Result, part: tuple[str | float | None, ...], target: str | None) -> Score | None:
    return next((score for score in result.scores if _part(score) == part and score.target == target), None)


def _words(score: Score) -> str:
    """What a score is about beside its cell."""
    words = [score.reference or ""]
    if score.metric == "auroc_pair":
        words.append(str(score.group))
    elif score.attribute:
        words.append(f"{score.attribute.replace('_', ' ')}: {score.group}")
    return ", ".join(filter(None, words))


def detailed(details: Cell) -> str:
    """What follows from a cell, in words: ``bins kept 3.9%``."""
    return ", ".join(f"{name} {_plain(name, value)}" for name, value in details.items())


def _plain(name: str, value: Value) -> str:
    if name == "bins kept":
        return f"{100 * float(value):.3g}%"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
