"""A study as documents: the page, the tables of a paper, every number, and what the terminal shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.pages.document import (
    Block,
    Bullets,
    Cell,
    Column,
    Document,
    Figure,
    Grid,
    Mark,
    Measured,
    Missing,
    Number,
    Paragraph,
    Row,
    Rows,
    Section,
    Text,
    bullets,
    single,
    strong,
)
from bench.pages.notes import SYNTHETIC
from bench.reading_race import tables
from bench.reading_race.published import SOURCES
from bench.reading_race.tables import Entry, Line, Table, detailed
from bench.reading_race.walk import StudyResults
from bench.records import MACRO

#: The columns of the CSV that hold a setting, what was found in it, and what is said of it.
_ABOUT = ("task", "dataset", "synthetic", "experiment")
_SETTING = ("setting", "metric", "attribute", "group", "target", "seeds", "images", "patients", "details")
_PAPER = ("paper", "paper_low", "paper_high", "paper_source")


def page(study: StudyResults, made: Sequence[Table], figures: Sequence[tuple[str, str]]) -> Document:
    """One page: what it is about, a table an experiment, the figures, how to read it.

    ``figures`` are the files that were drawn, each with its title.
    """
    first = (SYNTHETIC,) if study.run.dataset.synthetic else ()
    return Document(
        title=f"Reading Race: {study.title}",
        sections=(
            Section((*first, _about(study))),
            *(_experiment(table) for table in made),
            *(Section((Figure(name, title),), title) for name, title in figures if name.endswith(".png")),
            Section((_reading(),), "How to read it"),
        ),
    )


def _about(study: StudyResults) -> Bullets:
    config, info = study.run.config, study.data
    lines = [
        f"Attribute read: {config.task.protected} ({', '.join(study.groups)}); 0.5 is chance.",
        f"{info.images['test']:,} test images of {info.patients['test']:,} patients; trained on"
        f" {info.images['train']:,} of {info.patients['train']:,}, epochs chosen on {info.images['val']:,} of"
        f" {info.patients['val']:,}.",
        f"Images of {config.task.image_size} px, backbone {config.backbone.label}, up to {config.trainer.max_epochs}"
        f" epochs, seed {', '.join(map(str, study.settings.seeds))}, preset {study.settings.preset}.",
        *study.notes,
    ]
    if config.task.protected != "race":
        lines.append(
            f"The paper reads race, this study {config.task.protected}: its figures stand here for orientation."
        )
    return bullets(lines)


def _experiment(table: Table) -> Section:
    blocks: list[Block] = [Paragraph(table.question)]
    if table.as_figure:
        blocks.append(Paragraph("Its numbers are in the figure below and in report.csv."))
    elif table.lines:
        blocks.append(_grid(table))
    said = [*table.notes, *(f"Skipped: {reason}." for reason in table.skipped)]
    return Section((*blocks, *([bullets(said)] if said else [])), table.name)


def _grid(table: Table, caption: Text = "") -> Grid:
    """A table as it is shown; columns in which nothing stands are left out."""
    detail = any(line.details for line in table.lines)
    of_paper = [column for column in table.columns if any(_paper(line, column) for line in table.lines)]
    columns = [Column("setting"), *([Column("which is", "center")] if detail else [])]
    for column in table.columns:
        name = "all groups" if column == MACRO else column
        columns += [Column(f"{name}: paper", "center")] if column in of_paper else []
        columns.append(Column(f"{name}: here", "center"))
    rows: list[Row] = []
    for line in table.lines:
        cells: list[Cell] = [line.label, *([detailed(line.details)] if detail else [])]
        for column in table.columns:
            cells += [_paper(line, column) or Missing()] if column in of_paper else []
            cells.append(_here(line.entries.get(column)))
        rows.append(tuple(cells))
    return Grid(tuple(columns), (Rows(tuple(rows)),), caption, long=True)


def _paper(line: Line, column: str) -> str:
    entry = line.entries.get(column)
    return str(entry.paper) if entry and entry.paper else ""


def _here(entry: Entry | None) -> Measured | Missing:
    here = entry.here if entry else None
    return Measured(here.mean, here.low, here.high) if here else Missing()


def _reading() -> Bullets:
    sources = "; ".join(f"{key}: {words}" for key, words in SOURCES.items())
    return bullets(
        [
            "Numbers are AUROCs on test patients with their 95% interval, clustered by patient: of a group against all"
            " others, and (all groups) their mean. Several seeds are pooled as on the leaderboards: mean, and an"
            " interval for patients and seeds together.",
            "Paper: Gichoya et al., AI recognition of patient race in medical imaging, Lancet Digital Health 2022, on"
            " MIMIC-CXR unless the setting says otherwise. Where a value for all groups stands beside values of each,"
            " it is their mean, which the paper does not give. Where each figure was found is in report.csv"
            f" ({sources}).",
            "Cut-offs D are radii at 224 px in cycles per image, scaled to the image size; compare shares of bins"
            " kept.",
            "– : not scored or not published. Why something is not scored stands in report.csv.",
        ]
    )


def paper(study: StudyResults, made: Sequence[Table]) -> Document:
    """A table an experiment, for a paper."""
    synthetic = (" ", strong(SYNTHETIC.title), " ", SYNTHETIC.text) if study.run.dataset.synthetic else ()
    grids = [
        _grid(table, (f"{table.name} on {study.title}. {table.question}", *synthetic))
        for table in made
        if table.lines and not table.as_figure
    ]
    return Document((Section(tuple(grids)),))


def numbers(study: StudyResults, made: Sequence[Table]) -> Grid:
    """Every number, a row a setting and group; what was skipped has a row with the reason."""
    columns = [Column(key, key=key) for key in (*_ABOUT, *_SETTING, *_PAPER)]
    columns += [Column("here", key="here", estimates=True), Column("note", key="note")]
    config = study.run.config
    rows: list[Row] = []
    for table in made:
        about = (config.task.name, config.task.dataset, Mark(study.run.dataset.synthetic), table.name)
        rows += [(*about, *row) for line in table.lines for row in _numbers(line)]
        nothing = (Missing(),) * (len(_SETTING) + len(_PAPER) + 1)
        rows += [(*about, *nothing, f"skipped: {reason}") for reason in table.skipped]
    return single(columns, rows)


def _numbers(line: Line) -> Iterator[Row]:
    """A line of a table, a row a group."""
    score = line.score
    for target, entry in line.entries.items():
        found, here = entry.paper, entry.here
        yield (
            *(line.label, score.metric, score.attribute or Missing(), score.group or Missing(), target),
            *(Number(line.seeds), Number(line.images), Number(line.patients), detailed(line.details)),
            *(_number(number) for number in ((found.value, found.low, found.high) if found else (None, None, None))),
            found.source if found else Missing(),
            Measured(here.mean, here.low, here.high) if here else Missing(),
            entry.note or Missing(),
        )


def _number(value: float | None) -> Cell:
    return Missing() if value is None else Number(value)


def summary(study: StudyResults) -> Document:
    """The mean over groups of every setting, beside the paper's."""
    rows: list[Row] = []
    for found in study.found:
        table = tables.make(found, study.groups, study.run.config.task.name)
        for line in () if table.as_figure else table.lines:
            entry = line.entries.get(MACRO)
            here = _here(entry) if entry is None or entry.here or not entry.note else entry.note
            rows.append((table.name, line.label, _paper(line, MACRO) or Missing(), here))
        rows += [(table.name, f"skipped: {reason}", "", "") for reason in table.skipped]
    columns = (Column(""), Column("setting"), Column("paper"), Column("here (95% interval)"))
    return Document((Section((single(columns, rows),)),), f"Reading {study.run.config.task.protected}: {study.title}")
