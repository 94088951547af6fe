"""A table as text: Markdown for readers, CSV for programs, LaTeX (booktabs) for papers. Same table, same bytes."""

from __future__ import annotations

import csv
import io
import json
import textwrap

from bench.leaderboard.columns import Cell, Column, Lookup, Name
from bench.leaderboard.reading import reading
from bench.leaderboard.table import DIGITS, Section, Table, shown
from bench.pages.escaping import latex as _tex
from bench.pages.escaping import markdown as _md
from bench.records import BASELINE
from bench.statistics.pooling import Estimate

SYNTHETIC = (
    "Every patient of this data set is synthetic: the numbers compare methods on a simulation and say nothing about "
    "real patients."
)
_MISSING = "–"


def _mean(estimate: Estimate) -> str:
    return f"{estimate.mean:.{DIGITS}f}"


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{estimate.low:.{DIGITS}f}, {estimate.high:.{DIGITS}f}]"


# --- CSV ------------------------------------------------------------------------------------------------------------


def to_csv(table: Table) -> str:
    """Numbers as they are: for every measured column its mean, low and high; empty where there is none."""
    header = ["task", "dataset", "synthetic", "key", "suite_version", "section"]
    for column in table.columns:
        measured = isinstance(column.produce, Lookup)
        header += [column.key, f"{column.key}_low", f"{column.key}_high"] if measured else [column.key]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*header, "hyperparameters"])
    first = [table.key.task, table.key.dataset, _raw(table.key.synthetic), table.key.digest]
    first.append(str(table.key.suite_version))
    # In the order of the sections' lines; what was read beside a method's own scores has no hyperparameters.
    rows = [*table.ranked, *table.at_test, *(None for _ in table.references), *table.reference_rows]
    settings = ["" if row is None else json.dumps(dict(row.hyperparameters), sort_keys=True) for row in rows]
    lines = [(section.name, line) for section in table.sections() for line in section.lines]
    for (section, line), setting in zip(lines, settings, strict=True):
        cells: list[str] = []
        for column, cell in zip(table.columns, line.cells, strict=True):
            if isinstance(column.produce, Lookup):
                cells += [_raw(getattr(cell, name, None)) for name in ("mean", "low", "high")]
            else:
                cells.append(_raw(cell))
        writer.writerow([*first, section, *cells, setting])
    return out.getvalue()


def _raw(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- Markdown -------------------------------------------------------------------------------------------------------


def to_markdown(table: Table, notices: list[str]) -> str:
    """One page: the figure, a table a section, how to read it, and what its rows have in common."""
    sections = table.sections()
    blocks = [f"# Leaderboard: {_md(table.name)}"]
    if table.key.synthetic:
        blocks.append(f"> **Synthetic data.** {SYNTHETIC}")
    blocks.append(
        f"{table.records} runs, scored on {table.images:,} images of {table.patients:,} test patients. "
        f"Decodability: how well {_md(table.key.protected)} can still be read from the network (macro one-vs-one "
        "AUROC of the probe chosen on held-out patients; 0.5 is chance)."
    )
    blocks.append(f"![Diagnosis against decodability, {_md(table.name)}](pareto.png)")
    for section in sections:
        if section.name != "methods":
            blocks.append(f"## {_md(section.title)}")
        blocks.append(_md_section(table, section))
    blocks.append(f"## How to read it\n\n{reading(table, _md(table.key.protected))}")
    rest = "\n".join(f"| {name} | {_md(value)} |" for name, value in table.key.lines())
    blocks.append(f"## What all rows have in common\n\n| | |\n| --- | --- |\n{rest}")
    if notices:
        blocks.append("## Notices\n\n" + "\n".join(f"- {_md(notice)}" for notice in notices))
    return "\n\n".join(blocks) + "\n"


def _md_section(table: Table, section: Section) -> str:
    columns = shown([section])
    there = [table.columns[i] for i in columns]
    titles = [_md(column.title) + {"up": " ↑", "down": " ↓", None: ""}[column.direction] for column in there]
    rules = [":---" if column.key == "method" else ":---:" for column in there]
    lines = [titles, rules]
    lines += [[_md_cell(line.cells[i], line.best[i]) for i in columns] for line in section.lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _md_cell(cell: Cell, best: bool) -> str:
    if isinstance(cell, Estimate):
        mean = f"**{_mean(cell)}**" if best else _mean(cell)
        return f"{mean}<br><sub>{_interval(cell)}</sub>" if _interval(cell) else mean
    if isinstance(cell, Name):
        return _md(cell.name) + (f"<br><sub>{_md(cell.setting)}</sub>" if cell.setting else "")
    if isinstance(cell, bool):
        return "★" if cell else ""
    if isinstance(cell, float):
        return f"**{cell:.{DIGITS}f}**" if best else f"{cell:.{DIGITS}f}"
    if isinstance(cell, tuple):
        return _md(", ".join(cell))
    return _MISSING if cell is None else _md(str(cell))


# --- LaTeX ----------------------------------------------------------------------------------------------------------

_TEX_HEAD = r"""% Compiles by itself (pdflatex leaderboard.tex). In a paper that loads booktabs, \input it.
\expandafter\ifx\csname ver@booktabs.sty\endcsname\relax
  \documentclass{article}
  \usepackage[a4paper,landscape,margin=1.5cm]{geometry}
  \usepackage{booktabs}
  \pagestyle{empty}
  \begin{document}
  \def\leaderboardend{\end{document}}
\else
  \def\leaderboardend{}
\fi"""


def to_latex(table: Table) -> str:
    """A table of booktabs, every row with its intervals beneath; a document by itself, and fit to be ``\\input``.

    It has the columns that fit a page; the CSV has all.
    """
    sections = table.sections()
    columns = [i for i in shown(sections) if table.columns[i].paper]
    there = [table.columns[i] for i in columns]
    spec = "".join("l" if column.key == "method" else "c" for column in there)
    synthetic = f" \\textbf{{Synthetic data.}} {SYNTHETIC}" if table.key.synthetic else ""
    body = [
        _TEX_HEAD,
        r"\begin{table}[tp]",
        r"\centering\footnotesize\setlength{\tabcolsep}{3pt}\setlength{\belowcaptionskip}{6pt}",
        rf"\caption{{Diagnosis and residual decodability of {_tex(table.key.protected)}: {_tex(table.name)}."
        rf"{synthetic} Mean over seeds with 95\% intervals; {table.patients} test patients; $\star$: on the Pareto "
        rf"front of diagnosis AUROC and decodability of the features.{_tex_reading(there)} Key {table.key.digest}.}}",
        rf"\label{{tab:leaderboard-{table.key.digest}}}",
        rf"\begin{{tabular}}{{@{{}}{spec}@{{}}}}",
        r"\toprule",
        " & ".join(_tex_title(column) for column in there) + r" \\",
    ]
    for section in sections:
        body.append(r"\midrule")
        if section.name != "methods":
            body.append(rf"\multicolumn{{{len(columns)}}}{{@{{}}l}}{{\emph{{{_tex(section.title)}}}}} \\")
        for line in section.lines:
            missing = "" if section.name == "references" else "--"
            body.append(" & ".join(_tex_cell(line.cells[i], line.best[i], missing) for i in columns) + r" \\*")
            body.append(" & ".join(_tex_beneath(line.cells[i]) for i in columns) + r" \\[2pt]")
    body += [r"\bottomrule", r"\end{tabular}", r"\end{table}", r"\leaderboardend"]
    return "\n".join(body) + "\n"


def _tex_reading(columns: list[Column]) -> str:
    """What the titles of these columns leave open."""
    said = [column.measure.note for column in columns if column.measure and column.measure.note]
    return "".join(f" {note.format(baseline=BASELINE)}" for note in said)


def _tex_title(column: Column) -> str:
    lines = [_tex(line) for line in textwrap.wrap(column.title, 14)]
    arrow = {"up": r" $\uparrow$", "down": r" $\downarrow$", None: ""}[column.direction]
    side = "l" if column.key == "method" else "c"
    return rf"\shortstack[{side}]{{" + r"\\".join(lines) + arrow + "}"


def _tex_cell(cell: Cell, best: bool, missing: str) -> str:
    if isinstance(cell, Estimate):
        return rf"\textbf{{{_mean(cell)}}}" if best else _mean(cell)
    if isinstance(cell, Name):
        return _tex(cell.name)
    if isinstance(cell, bool):
        return r"$\star$" if cell else ""
    if isinstance(cell, float):
        return rf"\textbf{{{cell:.{DIGITS}f}}}" if best else f"{cell:.{DIGITS}f}"
    if isinstance(cell, tuple):
        # One beneath another; the last stands in the line of the intervals.
        return r"\shortstack{" + r"\\".join(rf"\tiny {_tex(part)}" for part in cell[: max(1, len(cell) - 1)]) + "}"
    return missing if cell is None else _tex(str(cell))


def _tex_beneath(cell: Cell) -> str:
    """What stands in small print beneath a cell: an interval, the setting of a method, the last flag."""
    if isinstance(cell, tuple):
        text = _tex(cell[-1]) if len(cell) > 1 else ""
    else:
        text = _interval(cell) if isinstance(cell, Estimate) else _tex(cell.setting) if isinstance(cell, Name) else ""
    return rf"{{\tiny {text}}}" if text else ""
