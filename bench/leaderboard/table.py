"""Comparable entries → one table: ranked rows, rows that are not and why, and the reference rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench.leaderboard.baseline import Resolution, residual
from bench.leaderboard.cells import Cell, Column, Name
from bench.leaderboard.cohorts import OtherCohorts, compare
from bench.leaderboard.columns import columns_of, sets_elsewhere
from bench.leaderboard.comparable import Key
from bench.leaderboard.lookup import Lookup
from bench.leaderboard.ranks import EDITION, Standings, stand
from bench.leaderboard.rows import Entry, Row, rows
from bench.leaderboard.standing import RANKED, SECTIONS, SectionName
from bench.pages.document import DIGITS
from bench.records import TRUE_LABELS, ScoreFile
from bench.scoring.catalogue import GIVEN_DIAGNOSIS
from bench.statistics.pooling import Estimate

UNTRAINED, PERMUTED, LEACE, TRUE = "untrained network", "permuted groups", "LEACE on ERM", "true labels"

_TITLES: dict[SectionName, str] = {
    "methods": "Methods",
    "race at test": "Ranked apart: given {protected} at test time",
    "diagnosis lost": "Not ranked: diagnosis lost",
    "incomplete": "Not ranked: incomplete",
    "not compared": "Not ranked: no valid comparison",
    "references": "References",
}


@dataclass(frozen=True)
class Line:
    """One line of a table: its cells in the order of the columns, and which of them are the best of their section.

    ``row`` is None of what was read beside a method's own scores.
    """

    cells: tuple[Cell, ...]
    best: tuple[bool, ...]
    row: Row | None = None


@dataclass(frozen=True)
class Section:
    """Lines that stand together; in ranked sections best first, in others by name."""

    name: SectionName
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """Everything a page, a CSV and a figure show of one key."""

    key: Key
    columns: tuple[Column, ...]
    #: Of the edition: what a row needs to be ranked.
    seeds: tuple[int, ...]
    records: int
    patients: int
    #: How many units, images or studies, were scored.
    units: int
    #: In the order of the page.
    rows: tuple[Row, ...]
    #: The decodability that rows are judged by.
    headline: Lookup
    #: The row that others are compared with.
    baseline: Row | None
    #: What can be told apart; None where nothing can be ranked.
    resolution: Resolution | None
    #: Title of each reference line and its cells by column key: what was read beside a method's own scores.
    references: tuple[tuple[str, dict[str, Estimate | float]], ...]
    #: Targets that are scored against true labels and not against those trained on.
    true_labels: tuple[str, ...] = ()
    #: The other sets that some of the networks were scored on.
    elsewhere: tuple[ScoreFile, ...] = ()
    #: What some methods make of other training cohorts; None where they were not trained on any.
    cohorts: OtherCohorts | None = None

    @property
    def name(self) -> str:
        """The task and data set, with "synthetic data" where that is so."""
        return f"{self.key.task} on {self.key.dataset}" + (" (synthetic data)" if self.key.synthetic else "")

    @property
    def scored(self) -> str:
        """How much was scored: "2,308 images of 1,476 test patients, and a trial of 9,000"."""
        unit = {"image": "images", "study": "studies"}[self.key.unit]
        trial = f", and a trial of {self.key.trial_patients:,}" if self.key.trial else ""
        return f"{self.units:,} {unit} of {self.patients:,} test patients{trial}"

    @property
    def judged_by(self) -> str:
        """The decodability that rows are judged by, behind its name: "in the trial"."""
        if self.headline.metric == GIVEN_DIAGNOSIS.key:
            return "given the diagnosis"
        return "in the trial" if self.headline.shown.place == "trial" else "as observed"

    def of(self, *names: SectionName) -> tuple[Row, ...]:
        """The rows of these sections, in the order of the page."""
        return tuple(row for row in self.rows if row.standing.section in names)

    def sections(self, keep: Callable[[Row], bool] = lambda row: True) -> list[Section]:
        """The sections in the order of the page; empty ones left out.

        Args:
            keep: rows for which this is False are hidden. What is said of the others is what holds among all rows.
        """
        found = []
        for name in SECTIONS:
            lines = _lines(self.of(name), self.columns, ranked=name in RANKED)
            lines = tuple(line for line in lines if line.row is None or keep(line.row))
            if name == "references":
                lines = (*(_reference(*row, self.columns) for row in self.references), *lines)
            if lines:
                found.append(Section(name, _TITLES[name].format(protected=self.key.protected), lines))
        return found


def make(
    key: Key, entries: Sequence[Entry], seeds: Sequence[int] = EDITION, others: Sequence[Sequence[Entry]] = ()
) -> tuple[Table, list[str]]:
    """The table of comparable entries, and a notice for whatever was set aside or cannot be compared.

    A row with every seed of the edition that still diagnoses is ranked: by its claim of removal, then by its class of
    decodability, then by diagnosis AUROC (:func:`bench.leaderboard.ranks.stand`). Methods that see race at test time
    are ranked among themselves, and reference methods not at all.

    Args:
        key: what the entries have in common.
        entries: of any method, with seeds of the edition.
        seeds: of the edition, two or more.
        others: the entries of each other training cohort of the same phantom.
    """
    found, notices = rows(entries)
    stood = stand(found, seeds)
    first, columns = entries[0], columns_of(entries)
    table = Table(
        key=key,
        columns=columns,
        seeds=tuple(seeds),
        records=sum(len(row.entries) for row in found),
        patients=first.test.head.patients,
        units=first.test.head.n,
        rows=stood.rows,
        headline=stood.headline,
        baseline=stood.baseline,
        resolution=stood.resolution,
        references=tuple(_references(stood, columns)),
        true_labels=tuple(first.run.data.true_labels),
        elsewhere=tuple(sets_elsewhere(entries)),
        cohorts=compare(entries, others),
    )
    return table, [*notices, *stood.notices]


#: Title, what is appended to a metric's name, and ``Score.reference`` of the reference lines.
_REFERENCES = (
    (TRUE, "", TRUE_LABELS),
    (UNTRAINED, "", "untrained"),
    (PERMUTED, "_null", "permuted"),
    (LEACE, "", "leace"),
)


def _references(stood: Standings, columns: Sequence[Column]) -> list[tuple[str, dict[str, Estimate | float]]]:
    """What was read beside the scores of the baseline's runs; where it lacks a line, of the first row that has it.

    LEACE is applied to a network's own features, so that line is the baseline's or none.
    """
    baseline, others, lines = stood.baseline, stood.rows, []
    for title, suffix, reference in _REFERENCES:
        own = [] if baseline is None else [baseline]
        for row in own if reference == "leace" else [*own, *others]:
            cells = _read_beside(row, suffix, reference, columns)
            if cells:
                lookup = replace(stood.headline, reference=reference)
                share = None if suffix else residual(row.entries, lookup, stood.left)
                lines.append((title, cells if share is None else cells | {"residual": share}))
                break
    return lines


def _read_beside(row: Row, suffix: str, reference: str, columns: Sequence[Column]) -> dict[str, Estimate | float]:
    """The cells of a reference line that this row's records hold."""
    cells: dict[str, Estimate | float] = {}
    for column in columns:
        if isinstance(column.produce, Lookup):
            lookup = replace(column.produce, metric=column.produce.metric + suffix, reference=reference)
            # What is read by chance has percentiles, and these are no limits of a mean.
            estimate = lookup.averaged(row.entries) if suffix else lookup.pooled(row.entries)
            if estimate is not None:
                cells[column.key] = estimate
    return cells


def _lines(found: Sequence[Row], columns: Sequence[Column], ranked: bool) -> tuple[Line, ...]:
    cells = [tuple(column.produce(row) for column in columns) for row in found]
    best = [_best(column, [row[i] for row in cells], ranked) for i, column in enumerate(columns)]
    return tuple(
        Line(of_row, tuple(marks[i] for marks in best), row)
        for i, (row, of_row) in enumerate(zip(found, cells, strict=True))
    )


def _best(column: Column, cells: Sequence[Cell], ranked: bool) -> list[bool]:
    numbers = [cell.mean if isinstance(cell, Estimate) else cell for cell in cells]
    # Rows that agree to the digits that are shown are equally good.
    means = [round(number, DIGITS) if isinstance(number, float) else None for number in numbers]
    known = [mean for mean in means if mean is not None]
    if not ranked or column.direction is None or len(set(known)) < 2:
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
