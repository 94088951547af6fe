"""Comparable entries → one table: ranked rows, rows ranked apart, and the reference rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.leaderboard.columns import (
    DIAGNOSIS_AUROC,
    FEATURES_DECODABILITY,
    Cell,
    Column,
    Lookup,
    Name,
    columns_of,
    residual,
    sets_elsewhere,
)
from bench.leaderboard.comparable import Key
from bench.leaderboard.rows import Entry, Row, rows
from bench.pages.document import DIGITS
from bench.records import BASELINE, ScoreFile
from bench.scoring.decodability.flags import INSUFFICIENT
from bench.statistics.pareto import front
from bench.statistics.pooling import Estimate

UNTRAINED, PERMUTED, LEACE = "untrained network", "permuted groups", "LEACE on ERM"


@dataclass(frozen=True)
class Line:
    """One line of a table: its cells in the order of the columns, and which of them are the best of their section."""

    cells: tuple[Cell, ...]
    best: tuple[bool, ...]


@dataclass(frozen=True)
class Section:
    """Lines that are ranked together, best first."""

    name: str  #: "methods", "race at test" or "references"
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """Everything a page, a CSV and a figure show of one key."""

    key: Key
    columns: tuple[Column, ...]
    records: int
    patients: int
    images: int
    ranked: tuple[Row, ...]
    at_test: tuple[Row, ...]
    #: Title of each reference line and its cells by column key: what was read beside a method's own scores.
    references: tuple[tuple[str, dict[str, Estimate | float]], ...]
    #: Methods that are references themselves, and ranked with nobody.
    reference_rows: tuple[Row, ...] = ()
    #: Targets that are scored against true labels and not against those trained on.
    true_labels: tuple[str, ...] = ()
    #: The other sets that some of the networks were scored on.
    elsewhere: tuple[ScoreFile, ...] = ()

    @property
    def name(self) -> str:
        """The task and data set, with "synthetic data" where that is so."""
        return f"{self.key.task} on {self.key.dataset}" + (" (synthetic data)" if self.key.synthetic else "")

    def sections(self) -> list[Section]:
        """The ranked rows, those that see race when they predict, and the references; empty sections left out."""
        columns = self.columns
        references = tuple(_reference(*row, columns) for row in self.references)
        apart = f"Ranked apart: given {self.key.protected} at test time"
        named = [
            Section("methods", "Methods", _lines(self.ranked, columns)),
            Section("race at test", apart, _lines(self.at_test, columns)),
            Section("references", "References", (*references, *_lines(self.reference_rows, columns, ranked=False))),
        ]
        return [section for section in named if section.lines]


def make(key: Key, entries: Sequence[Entry]) -> tuple[Table, list[str]]:
    """The table of comparable entries, and a notice for each that was set aside.

    Methods that see race at test time are ranked among themselves, and reference methods not at all. Rows on the
    Pareto front stand first; within the front and behind it, rows go by decodability, then by diagnosis AUROC, then by
    name. Rows without a decodability stand last, and so do those whose features do not hold the diagnosis.
    """
    found, notices = rows(entries)
    baseline = _baseline(found)
    left = _left(baseline)
    found = [replace(row, baseline=left) for row in found]
    at_test = _rank([row for row in found if row.uses_race == "test" and not row.reference])
    ranked = _rank([row for row in found if row.uses_race != "test" and not row.reference])
    apart = [row for row in found if row.reference]
    first, columns = entries[0], columns_of(entries)
    table = Table(
        key=key,
        columns=columns,
        records=sum(len(row.entries) for row in found),
        patients=first.test.head.patients,
        images=first.test.head.n,
        ranked=tuple(ranked),
        at_test=tuple(at_test),
        references=tuple(_references(baseline, [*ranked, *at_test, *apart], left, columns)),
        reference_rows=tuple(apart),
        true_labels=tuple(first.run.data.true_labels),
        elsewhere=tuple(sets_elsewhere(entries)),
    )
    return table, notices


def _rank(found: list[Row]) -> list[Row]:
    # What is declared is then not what the head reads, and its decodability no merit.
    where = [(None if _insufficient(row) else FEATURES_DECODABILITY(row), DIAGNOSIS_AUROC(row)) for row in found]
    whole = [i for i, (decodability, auroc) in enumerate(where) if decodability is not None and auroc is not None]
    points = [(d.mean, a.mean) for d, a in where if d is not None and a is not None]
    on_front = {i for i, best in zip(whole, front(points), strict=True) if best}

    def place(i: int) -> tuple[bool, float, float, str, str]:
        decodability, auroc = where[i]
        far = float("inf")
        return (
            i not in on_front,
            decodability.mean if decodability else far,
            -auroc.mean if auroc else far,
            found[i].method,
            found[i].setting,
        )

    return [replace(found[i], pareto=i in on_front) for i in sorted(range(len(found)), key=place)]


def _insufficient(row: Row) -> bool:
    return any(INSUFFICIENT in entry.test.flags for entry in row.entries)


def _baseline(candidates: Sequence[Row]) -> Row | None:
    """The baseline's row; of several settings the one that diagnoses best, as one would train it for its own sake."""
    found = [row for row in candidates if row.method == BASELINE and not row.reference]

    def diagnosis(row: Row) -> float:
        auroc = DIAGNOSIS_AUROC(row)
        return auroc.mean if auroc else 0.0

    return max(found, key=diagnosis, default=None)


def _left(baseline: Row | None) -> float | None:
    """What the baseline leaves above chance; None where that may be nothing, as a share of it would be noise."""
    decodability = FEATURES_DECODABILITY(baseline) if baseline else None
    if decodability is None or decodability.low is None or decodability.low <= 0.5:
        return None
    return decodability.mean - 0.5


#: Title, what is appended to a metric's name, and ``Score.reference`` of the reference lines.
_REFERENCES = (
    (UNTRAINED, "", "untrained"),
    (PERMUTED, "_null", "permuted"),
    (LEACE, "", "leace"),
)


def _references(
    baseline: Row | None, others: Sequence[Row], left: float | None, columns: Sequence[Column]
) -> list[tuple[str, dict[str, Estimate | float]]]:
    """What was read beside the scores of the baseline's runs; where it lacks a line, of the first row that has it.

    LEACE is applied to a network's own features, so that line is the baseline's or none.
    """
    lines = []
    for title, suffix, reference in _REFERENCES:
        own = [] if baseline is None else [baseline]
        for row in own if reference == "leace" else [*own, *others]:
            cells = _read_beside(row, suffix, reference, columns)
            if cells:
                share = residual(cells.get("decodability"), left) if reference != "permuted" else None
                lines.append((title, cells if share is None else cells | {"residual": share}))
                break
    return lines


def _read_beside(row: Row, suffix: str, reference: str, columns: Sequence[Column]) -> dict[str, Estimate | float]:
    """The cells of a reference line that this row's records hold."""
    cells: dict[str, Estimate | float] = {}
    for column in columns:
        if isinstance(column.produce, Lookup):
            lookup = replace(column.produce, metric=column.produce.metric + suffix, reference=reference)
            estimate = lookup.pooled(row.entries)
            if estimate is not None:
                cells[column.key] = estimate
    return cells


def _lines(found: Sequence[Row], columns: Sequence[Column], ranked: bool = True) -> tuple[Line, ...]:
    cells = [tuple(column.produce(row) for column in columns) for row in found]
    if not ranked:
        return tuple(Line(row, (False,) * len(row)) for row in cells)
    best = list(zip(*(_best(column, [row[i] for row in cells]) for i, column in enumerate(columns)), strict=True))
    return tuple(Line(row, marks) for row, marks in zip(cells, best, strict=True))


def _best(column: Column, cells: Sequence[Cell]) -> list[bool]:
    numbers = [cell.mean if isinstance(cell, Estimate) else cell for cell in cells]
    # Rows that agree to the digits that are shown are equally good.
    means = [round(number, DIGITS) if isinstance(number, float) else None for number in numbers]
    known = [mean for mean in means if mean is not None]
    if column.direction is None or len(set(known)) < 2:
        return [False] * len(cells)
    best = max(known) if column.direction == "up" else min(known)
    return [mean == best for mean in means]


def _reference(title: str, estimates: dict[str, Estimate | float], columns: Sequence[Column]) -> Line:
    cells = tuple(Name(title) if column.key == "method" else estimates.get(column.key) for column in columns)
    return Line(cells, (False,) * len(cells))


def shown(sections: Sequence[Section]) -> list[int]:
    """Positions of the columns that have something to show in these sections: a task may lack a column's metric."""
    lines = [line.cells for section in sections for line in section.lines]
    return [i for i, cells in enumerate(zip(*lines, strict=True)) if any(cell is not None for cell in cells)]
