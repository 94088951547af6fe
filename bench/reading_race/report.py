"""The report of a study: one page, one CSV, one LaTeX file and the figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.errors import BenchError
from bench.files import write_text
from bench.leaderboard.render import SYNTHETIC
from bench.pages.escaping import latex, markdown
from bench.reading_race import tables
from bench.reading_race.published import SOURCES
from bench.reading_race.tables import Table, detailed, shown
from bench.reading_race.walk import StudyResults
from bench.scoring.evaluation import MACRO

#: Figures by file name: title and what they show.
Figures = Sequence[tuple[str, str]]


def write(study: StudyResults) -> list[Path]:
    """Write ``report.md``, ``report.csv``, ``report.tex`` and the figures; returns the files.

    Raises:
        BenchError: when they cannot be written.
    """
    # Here, since the command line has no use for matplotlib before.
    from bench.reading_race import figures

    made = [tables.make(found, study.groups, study.run.config.task.name) for found in study.found]
    out = study.settings.out
    try:
        out.mkdir(parents=True, exist_ok=True)
        drawn = figures.write(study, made, out)
        contents = {
            "report.md": to_markdown(study, made, drawn),
            "report.csv": to_csv(study, made),
            "report.tex": to_latex(study, made),
        }
        for name, content in contents.items():
            write_text(out / name, content)
    except OSError as error:
        raise BenchError(f"The report cannot be written to {out}: {error.strerror or error}.") from error
    return [*(out / name for name in contents), *(out / name for name, _ in drawn)]


def to_markdown(study: StudyResults, made: Sequence[Table], drawn: Figures) -> str:
    """One page: what it is about, a table an experiment, the figures, how to read it."""
    blocks = [f"# Reading Race: {markdown(study.title)}"]
    if study.run.dataset.synthetic:
        blocks.append(f"> **Synthetic data.** {SYNTHETIC}")
    blocks.append(_about(study))
    for table in made:
        blocks.append(f"## {markdown(table.name)}\n\n{markdown(table.question)}")
        if table.as_figure:
            blocks.append("Its numbers are in the figure below and in report.csv.")
        elif table.lines:
            blocks.append(_md_table(table))
        blocks += [f"- {markdown(note)}" for note in table.notes]
        blocks += [f"- Skipped: {markdown(reason)}." for reason in table.skipped]
    blocks += [
        f"## {markdown(title)}\n\n![{markdown(title)}]({name})" for name, title in drawn if name.endswith(".png")
    ]
    blocks.append(_reading())
    return "\n\n".join(blocks) + "\n"


def _about(study: StudyResults) -> str:
    config, info = study.run.config, study.data
    lines = [
        f"Attribute read: {config.task.protected} ({', '.join(study.groups)}); 0.5 is chance.",
        f"{info.images['test']:,} test images of {info.patients['test']:,} patients; trained on"
        f" {info.images['train']:,} of {info.patients['train']:,}, epochs chosen on {info.images['val']:,} of"
        f" {info.patients['val']:,}.",
        f"Images of {config.task.image_size} px, backbone {config.backbone}, up to {config.trainer.max_epochs} epochs,"
        f" seed {', '.join(map(str, study.settings.seeds))}, preset {study.settings.preset}.",
        *study.notes,
    ]
    if config.task.protected != "race":
        lines.append(
            f"The paper reads race, this study {config.task.protected}: its figures stand here for orientation."
        )
    return "\n".join(f"- {markdown(line)}" for line in lines)


def _md_table(table: Table) -> str:
    titles, rows = _cells(table)
    lines = [[markdown(title) for title in titles], [":---", *[":---:"] * (len(titles) - 1)]]
    lines += [[markdown(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cells(table: Table) -> tuple[list[str], list[list[str]]]:
    """Titles and rows of a table as it is shown; columns in which nothing stands are left out."""
    detail = any(line.details for line in table.lines)
    titles = ["setting", *(["which is"] if detail else [])]
    of_paper = [column for column in table.columns if any(_paper(line, column) for line in table.lines)]
    for column in table.columns:
        name = "all groups" if column == MACRO else column
        titles += [f"{name}: paper"] if column in of_paper else []
        titles.append(f"{name}: here")
    rows = []
    for line in table.lines:
        row = [line.label, *([detailed(line.details)] if detail else [])]
        for column in table.columns:
            entry = line.entries.get(column)
            row += [_paper(line, column) or "–"] if column in of_paper else []
            row.append(shown(entry.here) if entry else "–")
        rows.append(row)
    return titles, rows


def _paper(line: tables.Line, column: str) -> str:
    entry = line.entries.get(column)
    return str(entry.paper) if entry and entry.paper else ""


def _reading() -> str:
    sources = "; ".join(f"{key}: {words}" for key, words in SOURCES.items())
    lines = [
        "Numbers are AUROCs on test patients with their 95% interval, clustered by patient: of a group against all"
        " others, and (all groups) their mean. Several seeds are pooled as on the leaderboards: mean, and an interval"
        " for patients and seeds together.",
        "Paper: Gichoya et al., AI recognition of patient race in medical imaging, Lancet Digital Health 2022, on"
        " MIMIC-CXR unless the setting says otherwise. Where a value for all groups stands beside values of each, it is"
        f" their mean, which the paper does not give. Where each figure was found is in report.csv ({sources}).",
        "Cut-offs D are radii at 224 px in cycles per image, scaled to the image size; compare shares of bins kept.",
        "– : not scored or not published. Why something is not scored stands in report.csv.",
    ]
    return "## How to read it\n\n" + "\n".join(f"- {line}" for line in lines)


_COLUMNS = (
    *("task", "dataset", "synthetic", "experiment", "setting", "metric", "attribute", "group", "target", "seeds"),
    *("images", "patients", "details", "paper", "paper_low", "paper_high", "paper_source"),
    *("here", "here_low", "here_high", "note"),
)


def to_csv(study: StudyResults, made: Sequence[Table]) -> str:
    """Numbers as they are, a line a setting and group; what was skipped has a line with the reason."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    config = study.run.config
    first = {"task": config.task.name, "dataset": config.task.dataset}
    first["synthetic"] = str(study.run.dataset.synthetic).lower()
    for table in made:
        about = {**first, "experiment": table.name}
        for line in table.lines:
            writer.writerows({**about, **row} for row in _csv_rows(line))
        writer.writerows({**about, "note": f"skipped: {reason}"} for reason in table.skipped)
    return out.getvalue()


def _csv_rows(line: tables.Line) -> Iterator[dict[str, object]]:
    """A line of a table, a row a group; empty where there is no number."""
    score = line.score
    part = {"setting": line.label, "metric": score.metric, "attribute": score.attribute, "group": score.group}
    part |= {"details": detailed(line.details)}
    counts = {"seeds": line.seeds, "images": line.images, "patients": line.patients}
    for target, entry in line.entries.items():
        row: dict[str, object] = {**part, **counts, "target": target, "note": entry.note}
        if paper := entry.paper:
            row |= {"paper": paper.value, "paper_low": paper.low, "paper_high": paper.high}
            row |= {"paper_source": paper.source}
        if here := entry.here:
            row |= {"here": here.mean, "here_low": here.low, "here_high": here.high}
        yield row


_TEX_HEAD = r"""% Compiles by itself (pdflatex report.tex). In a paper that loads booktabs and longtable, \input it.
\expandafter\ifx\csname ver@booktabs.sty\endcsname\relax
  \documentclass{article}
  \usepackage[a4paper,landscape,margin=1.5cm]{geometry}
  \usepackage{booktabs,longtable}
  \begin{document}
  \def\reportend{\end{document}}
\else
  \def\reportend{}
\fi"""


def to_latex(study: StudyResults, made: Sequence[Table]) -> str:
    """A long table an experiment; a document by itself, and fit to be ``\\input``."""
    synthetic = f" \\textbf{{Synthetic data.}} {latex(SYNTHETIC)}" if study.run.dataset.synthetic else ""
    body = [_TEX_HEAD, r"{\scriptsize\setlength{\tabcolsep}{3pt}"]
    for table in made:
        if table.as_figure or not table.lines:
            continue
        titles, rows = _cells(table)
        body += [
            rf"\begin{{longtable}}{{@{{}}l{'c' * (len(titles) - 1)}@{{}}}}",
            rf"\caption{{{latex(table.name)} on {latex(study.title)}. {latex(table.question)}{synthetic}}} \\",
            r"\toprule",
            " & ".join(map(latex, titles)) + r" \\",
            r"\midrule \endhead",
            *(" & ".join(map(latex, row)) + r" \\" for row in rows),
            r"\bottomrule",
            r"\end{longtable}",
        ]
    return "\n".join([*body, "}", r"\reportend"]) + "\n"


def print_study(study: StudyResults) -> None:
    """The mean over groups of every setting, beside the paper's, on the terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as Screen

    console = Console(highlight=False)
    title = f"Reading {study.run.config.task.protected}: {study.title}"
    screen = Screen("", "setting", "paper", "here (95% interval)", title=title, title_justify="left", box=None)
    for found in study.found:
        table = tables.make(found, study.groups, study.run.config.task.name)
        for line in () if table.as_figure else table.lines:
            entry = line.entries.get(MACRO)
            here = shown(entry.here) if entry and entry.here else escape(entry.note or "–") if entry else "–"
            screen.add_row(table.name, escape(line.label), _paper(line, MACRO) or "–", here)
        for reason in table.skipped:
            screen.add_row(table.name, escape(f"skipped: {reason}"), "", "")
    console.print(screen)
