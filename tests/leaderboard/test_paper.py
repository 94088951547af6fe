"""The table of a paper in LaTeX."""

import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.leaderboard import document
from bench.leaderboard.table import Table
from bench.pages import latex
from bench.pages.escaping import COMMANDS, LETTERS
from tests.leaderboard.boards import NASTY, everything, of_methods, usual


def to_latex(table: Table) -> str:
    return latex.render(document.paper(table), "leaderboard")


@pytest.fixture(scope="module")
def table() -> Table:
    return usual()


@pytest.fixture(scope="module")
def full() -> Table:
    return everything()


def test_latex_has_what_a_paper_needs(full: Table) -> None:
    text = to_latex(full)
    (header,) = [line for line in text.splitlines() if "Diagnosis" in line and "shortstack" in line]
    words = (
        "Class",
        r"$\Delta$ AUROC",
        r"$\Delta$",
        "observed",
        "Residual",
        "Removal",
        "On the front",
        "Flags",
    )
    for word in words:
        assert word in header
    assert "Underdiagnosis" not in header
    assert "Counterfactual" not in header  # for which there is no room
    assert r"yes ($\delta$=.03)" in text
    assert r"$-$0.390$\dagger$" in text
    assert r"{\tiny {[}$-$0." in text
    assert r"\shortstack{\tiny INSUFFICIENT\\\tiny NONLINEAR\_GAP}" in text
    assert r"{\tiny outputs: ILL\_CONDITIONED}" in text
    assert r"\shortstack{\tiny UNDERPOWERED}" in text
    assert r"{\tiny its features do not hold the diagnosis}" in text
    (caption,) = [line for line in text.splitlines() if line.startswith(r"\caption")]
    for word in ("400 images of 300 test patients", "seeds 0, 1", "Holm", "Hsu", "Resolution: a true difference"):
        assert word in caption


def test_latex_escapes(make: SimpleNamespace) -> None:
    records = [make.record("m", hyperparameters={"s": text}) for text in (NASTY, "plain")]
    text = to_latex(of_methods(records))
    assert r"a\_b \& 50\% \#1 \{x\} \$y\$ \textasciitilde{}\textasciicircum{} \textless{}b\textgreater{}" in text
    assert r"\textbackslash{}textbf `c` $\sigma$ é {[}U+6F22{]}" in text


def _compile(folder: Path, name: str) -> str:
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles_alone_and_inside_a_paper(make: SimpleNamespace, tmp_path: Path) -> None:
    every = "".join(COMMANDS) + "".join(sorted(LETTERS)) + "".join(map(chr, range(32, 127))) + NASTY
    records = [make.record("m", hyperparameters={"s": text}) for text in (every, "plain")]
    records += [make.record("erm", seed) for seed in range(2)] + [make.record("late", uses_race="test")]
    (tmp_path / "leaderboard.tex").write_text(to_latex(of_methods(records)))
    _compile(tmp_path, "leaderboard.tex")
    assert (tmp_path / "leaderboard.pdf").stat().st_size > 1000
    paper = (
        r"\documentclass{article}\usepackage{booktabs}\begin{document}Before \input{leaderboard} after.\end{document}"
    )
    (tmp_path / "paper.tex").write_text(paper)
    _compile(tmp_path, "paper.tex")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_a_usual_table_fits_its_page(table: Table, tmp_path: Path) -> None:
    (tmp_path / "leaderboard.tex").write_text(to_latex(table))
    assert "Overfull" not in _compile(tmp_path, "leaderboard.tex")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_a_full_table_fits_its_page(full: Table, tmp_path: Path) -> None:
    (tmp_path / "leaderboard.tex").write_text(to_latex(full))
    assert "Overfull" not in _compile(tmp_path, "leaderboard.tex")
