"""A document as LaTeX with the tables of booktabs: a document by itself, and fit to be ``\\input``."""

from __future__ import annotations

import re
import textwrap

from bench.pages import cells
from bench.pages.document import (
    Block,
    Bullets,
    Cell,
    Column,
    Document,
    Facts,
    Figure,
    Flags,
    Formula,
    Grid,
    Intervals,
    Mark,
    Measured,
    Missing,
    Name,
    Note,
    Number,
    Paragraph,
    Piece,
    Row,
    Styled,
    Text,
    pieces,
)
from bench.pages.escaping import latex as escape

#: Characters in a line of a column's title.
_TITLE_WIDTH = 14
_ARROWS = {"up": r" $\uparrow$", "down": r" $\downarrow$"}
_SIDES = {"left": "l", "center": "c", "right": "r"}
_COMMANDS = {"strong": "textbf", "alarm": "textbf", "emphasis": "emph", "code": "texttt"}


def render(document: Document, stem: str) -> str:
    """The LaTeX of a document that is to be the file ``<stem>.tex``; ``stem`` is of letters, as it names a macro.

    Raises:
        ValueError: for a stem that is not of letters only.
    """
    if not re.fullmatch("[A-Za-z]+", stem):
        raise ValueError(f"{stem!r} is no name of a macro")
    blocks = [block for section in document.sections for block in section.blocks]
    body = [_head(stem, blocks)]
    body += [rf"\section*{{{_text(document.title)}}}"] if document.title else []
    for section in document.sections:
        body += [rf"\subsection*{{{_text(section.title)}}}"] if section.title else []
        body += [line for block in section.blocks for line in _block(block)]
    return "\n".join([*body, rf"\{stem}end"]) + "\n"


def _head(stem: str, blocks: list[Block]) -> str:
    """What makes a document of it, unless it stands in one that has loaded the packages."""
    packages = ["booktabs"]
    packages += ["longtable"] if any(isinstance(block, Grid) and block.long for block in blocks) else []
    packages += ["graphicx"] if any(isinstance(block, Figure) for block in blocks) else []
    lines = [
        f"% Compiles by itself (pdflatex {stem}.tex). In a paper that loads {' and '.join(packages)}, \\input it.",
        r"\expandafter\ifx\csname ver@booktabs.sty\endcsname\relax",
        r"  \documentclass{article}",
        r"  \usepackage[a4paper,landscape,margin=1.5cm]{geometry}",
        rf"  \usepackage{{{','.join(packages)}}}",
        r"  \pagestyle{empty}",
        r"  \begin{document}",
        rf"  \def\{stem}end{{\end{{document}}}}",
        r"\else",
        rf"  \def\{stem}end{{}}",
        r"\fi",
    ]
    return "\n".join(lines)


def _block(block: Block) -> list[str]:
    if isinstance(block, Grid):
        grid = cells.spread(block)
        return _long(grid) if grid.long else _floating(grid)
    if isinstance(block, Paragraph):
        return [_text(block.text), ""]
    if isinstance(block, Note):
        return [rf"\textbf{{{escape(block.title)}}} {_text(block.text)}", ""]
    if isinstance(block, Bullets):
        return _bullets(block)
    if isinstance(block, Facts):
        rows = [rf"{escape(name)} & {_text(value)} \\" for name, value in block.pairs]
        return [r"\noindent\begin{tabular}{@{}ll@{}}", *rows, r"\end{tabular}", ""]
    file = rf"\includegraphics[width=\linewidth]{{{block.file}}}"
    return [r"\begin{figure}[tp]", r"\centering", file, rf"\caption{{{escape(block.caption)}}}", r"\end{figure}"]


def _bullets(block: Bullets) -> list[str]:
    lines = [r"\begin{itemize}"]
    for item in block.items:
        lines.append(rf"\item {_text(item.text)}")
        if item.beneath:
            beneath = (rf"\item {_text(text)}" for text in item.beneath)
            lines += [r"\begin{itemize}", *beneath, r"\end{itemize}"]
    return [*lines, r"\end{itemize}"]


def _floating(grid: Grid) -> list[str]:
    head = [
        r"\begin{table}[tp]",
        r"\centering\footnotesize\setlength{\tabcolsep}{3pt}\setlength{\belowcaptionskip}{6pt}",
        *([rf"\caption{{{_text(grid.caption)}}}"] if grid.caption else []),
        *([rf"\label{{tab:{grid.label}}}"] if grid.label else []),
        rf"\begin{{tabular}}{{{_spec(grid)}}}",
        r"\toprule",
        _titles(grid),
    ]
    return [*head, *_parts(grid, [r"\midrule"]), r"\bottomrule", r"\end{tabular}", r"\end{table}"]


def _long(grid: Grid) -> list[str]:
    label = rf"\label{{tab:{grid.label}}}" if grid.label else ""
    head = [
        r"{\scriptsize\setlength{\tabcolsep}{3pt}",
        rf"\begin{{longtable}}{{{_spec(grid)}}}",
        *([rf"\caption{{{_text(grid.caption)}}}{label} \\"] if grid.caption else []),
        r"\toprule",
        _titles(grid),
    ]
    return [*head, *_parts(grid, [r"\midrule \endhead"]), r"\bottomrule", r"\end{longtable}", "}"]


def _spec(grid: Grid) -> str:
    return f"@{{}}{''.join(_SIDES[column.align] for column in grid.columns)}@{{}}"


def _parts(grid: Grid, rule: list[str]) -> list[str]:
    lines: list[str] = []
    for part in grid.parts:
        lines += rule
        rule = [r"\midrule"]
        if part.title:
            lines.append(rf"\multicolumn{{{len(grid.columns)}}}{{@{{}}l}}{{\emph{{{_text(part.title)}}}}} \\")
        lines += [line for row in part.rows for line in _row(row, grid.intervals)]
    return lines


def _titles(grid: Grid) -> str:
    return " & ".join(map(_title, grid.columns)) + r" \\"


def _title(column: Column) -> str:
    lines = [escape(line) for line in textwrap.wrap(column.title, _TITLE_WIDTH)]
    arrow = _ARROWS[column.better] if column.better else ""
    return rf"\shortstack[{_SIDES[column.align]}]{{" + r"\\".join(lines) + arrow + "}"


def _row(row: Row, intervals: Intervals) -> list[str]:
    """A row in one line, or in two that stand on one page where intervals stand beneath."""
    main = " & ".join(_cell(cell, intervals) for cell in row)
    if intervals != "beneath":
        return [main + r" \\"]
    return [main + r" \\*", " & ".join(_beneath(cell, intervals) for cell in row) + r" \\[2pt]"]


def _cell(cell: Cell, intervals: Intervals) -> str:
    if isinstance(cell, Measured | Number):
        number = escape(cells.value(cell))
        number = rf"\textbf{{{number}}}" if cell.best else number
        return number + escape(cells.beside(cell, intervals))
    if isinstance(cell, Mark | Missing):
        return escape(cells.symbol(cell))
    if isinstance(cell, Name):
        return escape(cell.name if intervals == "beneath" else cells.name(cell))
    if isinstance(cell, Flags):
        if intervals != "beneath":
            return escape(", ".join(cell.names))
        # One beneath another; the last stands in the line of the intervals.
        return r"\shortstack{" + r"\\".join(rf"\tiny {escape(name)}" for name in cell.names[:-1] or cell.names) + "}"
    return _text(cell)


def _beneath(cell: Cell, intervals: Intervals) -> str:
    """What stands in small print beneath a cell: an interval, the setting of a name, the last flag."""
    last = cell.names[-1] if isinstance(cell, Flags) and len(cell.names) > 1 else ""
    small = cells.small(cell, intervals)
    unsigned = isinstance(cell, Measured) and not cell.signed
    text = small if unsigned else escape(last or small)
    return rf"{{\tiny {text}}}" if text else ""


def _text(text: Text) -> str:
    return "".join(map(_piece, pieces(text))).strip()


def _piece(piece: Piece) -> str:
    if isinstance(piece, Formula):
        return f"${piece.tex}$"
    return rf"\{_COMMANDS[piece.style]}{{{escape(piece.text)}}}" if isinstance(piece, Styled) else escape(piece)
