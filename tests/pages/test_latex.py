import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pages import latex
from bench.pages.document import Bullets, Column, Document, Facts, Flags, Item, Name, Note, Section, code, single
from tests.pages.conftest import grid

BODY = r"""
\section*{A page}
\textbf{Take care.} It is synthetic.

Of \texttt{erm}, \textbf{bold} and \emph{slanted}, $\delta$

\begin{itemize}
\item one
\begin{itemize}
\item beneath
\item it
\end{itemize}
\item two
\end{itemize}
\noindent\begin{tabular}{@{}ll@{}}
Key & 4c \\
Path & a/b\_c \\
\end{tabular}

\begin{figure}[tp]
\centering
\includegraphics[width=\linewidth]{a figure.png}
\caption{What it {[}shows{]}}
\end{figure}
\begin{table}[tp]
\centering\footnotesize\setlength{\tabcolsep}{3pt}\setlength{\belowcaptionskip}{6pt}
\caption{All of it}
\label{tab:all}
\begin{tabular}{@{}lccrcl@{}}
\toprule
\shortstack[l]{Method} & \shortstack[c]{AUROC $\uparrow$} & \shortstack[c]{Residual $\downarrow$} & \shortstack[r]{Images} & \shortstack[c]{Front} & \shortstack[l]{Flags} \\
\midrule
erm & \textbf{0.812} & \textbf{0.500} & 1,234 & $\star$ & \shortstack{\tiny LEAK} \\*
{\tiny lr=0.1} & {\tiny [0.700, 0.900]} &  &  &  & {\tiny outputs: LEAK} \\[2pt]
none & -- & -- & -3 &  & plain \\*
 &  &  &  &  &  \\[2pt]
\midrule
\multicolumn{6}{@{}l}{\emph{Apart}} \\
point & 0.500 & -- & 0 &  & \shortstack{\tiny LEAK} \\*
 &  &  &  &  &  \\[2pt]
\bottomrule
\end{tabular}
\end{table}
\subsection*{Last}
end

\pageend
"""  # noqa: E501


def test_everything_a_document_holds(document: Document) -> None:
    text = latex.render(document, "page")
    head, body = text.split("\\fi\n", 1)
    assert "\n" + body == BODY
    assert "In a paper that loads booktabs and graphicx, \\input it." in head
    assert r"\usepackage{booktabs,graphicx}" in head


def test_a_long_grid_may_run_over_several_pages() -> None:
    text = latex.render(Document((Section((grid(caption="All", label="all", long=True),)),)), "page")
    assert r"\usepackage{booktabs,longtable}" in text
    assert r"\caption{All}\label{tab:all} \\" in text
    assert text.count(r"\endhead") == 1
    assert r"erm (lr=0.1) & \textbf{0.812} (0.700--0.900) &" in text


def test_a_stem_names_a_macro() -> None:
    with pytest.raises(ValueError, match="no name of a macro"):
        latex.render(Document(()), "page-2")


@given(st.text())
def test_text_from_others_is_no_command(text: str) -> None:
    cells = (text, code(text), Name(text, text), Flags((text, text)))
    blocks = (single([Column(text)] * 4, [cells], text), Facts(((text, text),)), Bullets((Item(text, (text,)),)))
    page = latex.render(Document((Section((*blocks, Note(text, text)), text),), text), "page")
    body = page.split("\\fi\n", 1)[1]
    bare = re.sub(r"\\.", "", body)  # without line breaks and escaped characters
    assert "%" not in bare
    assert bare.count("{") == bare.count("}")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_it_compiles(tmp_path: Path) -> None:
    blocks = (grid(caption="All", intervals="beneath"), grid(long=True), grid(intervals="apart"))
    (tmp_path / "page.tex").write_text(latex.render(Document((Section(blocks, "Grids"),), "A page"), "page"))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-3000:]
