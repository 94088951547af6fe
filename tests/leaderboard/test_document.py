import csv
import io
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.leaderboard import document
from bench.leaderboard.columns import COLUMNS, Measure
from bench.leaderboard.comparable import Key
from bench.leaderboard.table import Table
from bench.leaderboard.table import make as make_table
from bench.pages import comma_separated, latex, markdown
from bench.pages.escaping import COMMANDS, LETTERS

_NASTY = r"""a_b & 50% #1 {x} $y$ ~^ <b> | "q" [z] *s* \textbf `c` σ é 漢"""


def to_markdown(table: Table, notices: list[str]) -> str:
    return markdown.render(document.page(table, notices))


def to_csv(table: Table) -> str:
    return comma_separated.render(document.numbers(table))


def to_latex(table: Table) -> str:
    return latex.render(document.paper(table), "leaderboard")


def _table(records: list) -> Table:
    return make_table(Key.of(records[0]), records)[0]


@pytest.fixture
def table(make: SimpleNamespace) -> Table:
    return _table(
        [
            make.record("erm", 0, (0.8, 0.75, 0.86), (0.9, 0.88, 0.92)),
            make.record("erm", 1, (0.8, 0.75, 0.86), (0.9, 0.88, 0.92)),
            make.record("adversarial", 0, (0.79123456789, 0.74, 0.85), (0.61, 0.58, 0.64), hyperparameters={"s": 2.5}),
            make.record("chooser", 0, (0.81, 0.76, 0.87), (0.9, 0.88, 0.92), uses_race="test"),
        ]
    )


def test_csv_holds_raw_numbers(table: Table) -> None:
    lines = list(csv.DictReader(io.StringIO(to_csv(table))))
    assert [(line["section"], line["method"]) for line in lines] == [
        ("methods", "adversarial"),
        ("methods", "erm"),
        ("race at test", "chooser"),
        ("references", "untrained network"),
        ("references", "permuted groups"),
    ]
    first = lines[0]
    assert [float(first[name]) for name in ("auroc", "auroc_low", "auroc_high")] == [0.79123456789, 0.74, 0.85]
    assert (first["pareto"], first["uses_race"], first["seeds"], first["hyperparameters"]) == (
        "true", "never", "1", '{"s": 2.5}',
    )  # fmt: skip
    assert {line["synthetic"] for line in lines} == {"true"}
    assert {line["key"] for line in lines} == {table.key.digest}
    assert lines[3]["auroc"] == lines[3]["auroc_low"] == ""
    assert float(lines[3]["decodability"]) == 0.6
    assert float(first["residual"]) == pytest.approx(0.11 / 0.4)
    measured = [column.key for column in COLUMNS if isinstance(column.produce, Measure)]
    assert all({key, f"{key}_low", f"{key}_high"} <= set(first) for key in measured)


def test_markdown_shows_what_the_table_holds(table: Table) -> None:
    page = to_markdown(table, ["record <x> was set aside"])
    (row,) = [line for line in page.splitlines() if line.startswith("| adversarial")]
    assert "| 0.791<br><sub>[0.740, 0.850]</sub> |" in row
    assert "**0.610**<br><sub>[0.580, 0.640]</sub>" in row
    assert "★" in row
    assert "## Ranked apart: given race at test time" in page
    assert "| untrained network | 0.600<br><sub>[0.570, 0.630]</sub> |" in page
    assert "record &lt;x&gt; was set aside" in page
    for value in (table.key.digest, "5911" * 3, "| Backbone | resnet_small |"):
        assert value in page
    # Each table has as many cells in every row as in its header.
    blocks = [block.splitlines() for block in page.split("\n\n") if block.startswith("| ")]
    assert all(len({line.count("|") for line in block}) == 1 for block in blocks)


def test_columns_without_anything_to_show_are_left_out(make: SimpleNamespace) -> None:
    record = make.record()
    without = record.model_copy(update={"scores": [s for s in record.scores if "underdiagnosis" not in s.metric]})
    assert "Underdiagnosis gap" in to_markdown(_table([record]), [])
    assert "Underdiagnosis gap" not in to_markdown(_table([without]), [])
    real = record.model_copy(update={"scores": [s for s in record.scores if "counterfactual" not in s.metric]})
    assert "Counterfactual effect" in to_markdown(_table([record]), [])
    assert "Counterfactual effect" not in to_markdown(_table([real]), [])
    assert "Flags" not in to_markdown(_table([record]), [])
    assert "ILL" in to_markdown(_table([make.record(flags=("ILL_CONDITIONED",))]), [])


@pytest.fixture
def full(make: SimpleNamespace) -> Table:
    """Everything that a table can hold."""
    flags = ("INSUFFICIENT", "penultimate: NONLINEAR_GAP", "outputs: ILL_CONDITIONED")
    strong = {"auroc": (0.79, 0.74, 0.85), "decodability": (0.51, 0.48, 0.53)}
    return _table(
        [
            make.record("erm", also=make.suite()),
            make.record("good", **strong, also=make.removal({0.03: 1.0, 0.05: 1.0})),
            make.record("flagged", **strong, also=make.removal({0.03: 1.0, 0.05: 1.0}), flags=flags),
            make.record("small", also=make.removal({0.05: "UNDERPOWERED: 90 patients"}), flags=("UNDERPOWERED",)),
            make.record("chooser", uses_race="test", also=make.removal({0.05: 0.0})),
            make.record("race_reader", decodability=(0.97, 0.96, 0.98), reference=True, hyperparameters={"lr": 0.1}),
        ]
    )


def test_csv_holds_residual_claim_flags_and_references(full: Table) -> None:
    lines = {line["method"]: line for line in csv.DictReader(io.StringIO(to_csv(full)))}
    assert {name: line["removal"] for name, line in lines.items()} == {
        "good": "yes (δ=.03)",
        "flagged": "unreliable",
        "small": "underpowered",
        "erm": "no",
        "chooser": "no",
        "untrained network": "",
        "permuted groups": "",
        "LEACE on ERM": "",
        "race_reader": "",
    }
    assert lines["flagged"]["flags"] == "INSUFFICIENT, NONLINEAR_GAP, outputs: ILL_CONDITIONED"
    assert float(lines["good"]["residual"]) == pytest.approx(0.025)
    assert float(lines["LEACE on ERM"]["decodability"]) == 0.55
    reader = lines["race_reader"]
    assert (reader["section"], reader["pareto"], reader["hyperparameters"]) == ("references", "", '{"lr": 0.1}')
    assert float(reader["decodability"]) == 0.97
    assert {line["suite_version"] for line in lines.values()} == {"1"}


def test_markdown_shows_residual_claim_flags_and_references(full: Table) -> None:
    page = to_markdown(full, [])
    (good,) = [line for line in page.splitlines() if line.startswith("| good")]
    assert "| **0.025** | yes (δ=.03) |" in good
    (flagged,) = [line for line in page.splitlines() if line.startswith("| flagged")]
    assert flagged.endswith("| INSUFFICIENT, NONLINEAR_GAP, outputs: ILL_CONDITIONED |")
    methods, references = page.split("## References")
    assert "race_reader" not in methods
    (reader,) = [line for line in references.splitlines() if line.startswith("| race_reader")]
    assert "| 0.970<br><sub>[0.960, 0.980]</sub> |" in reader
    assert "**" not in reader
    assert "| LEACE on ERM |" in references


def test_latex_has_what_a_paper_needs(full: Table) -> None:
    text = to_latex(full)
    (header,) = [line for line in text.splitlines() if "Diagnosis" in line and "shortstack" in line]
    for words in ("features", "given C", "Residual", "Removal", "Pareto front", "Flags"):
        assert words in header
    assert "Underdiagnosis" not in header
    assert "Counterfactual" not in header  # for which there is no room
    assert r"yes ($\delta$=.03)" in text
    assert r"\shortstack{\tiny INSUFFICIENT\\\tiny NONLINEAR\_GAP}" in text
    assert r"{\tiny outputs: ILL\_CONDITIONED}" in text
    assert r"\shortstack{\tiny UNDERPOWERED}" in text


def test_synthetic_data_is_announced_and_real_data_is_not(make: SimpleNamespace) -> None:
    for synthetic in (True, False):
        table = _table([make.record(synthetic=synthetic)])
        assert ("**Synthetic data.**" in to_markdown(table, [])) == synthetic
        caption = next(line for line in to_latex(table).splitlines() if line.startswith(r"\caption"))
        assert ("Every patient of this data set is synthetic" in caption) == synthetic


def test_markdown_escapes(make: SimpleNamespace) -> None:
    records = [make.record("m", hyperparameters={"s": text}) for text in (_NASTY, "plain")]
    page = to_markdown(_table(records), [])
    (row,) = [line for line in page.splitlines() if r"50%" in line]
    plain = next(line for line in page.splitlines() if "s=plain" in line)
    assert row.replace(r"\|", "").count("|") == plain.count("|")
    assert "&lt;b&gt;" in row
    assert r"\*s\*" in row
    assert r"\`c\`" in row


def test_latex_escapes(make: SimpleNamespace) -> None:
    records = [make.record("m", hyperparameters={"s": text}) for text in (_NASTY, "plain")]
    text = to_latex(_table(records))
    assert r"a\_b \& 50\% \#1 \{x\} \$y\$ \textasciitilde{}\textasciicircum{} \textless{}b\textgreater{}" in text
    assert r"\textbackslash{}textbf `c` $\sigma$ é {[}U+6F22{]}" in text


def _compile(folder: Path, name: str) -> str:
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles_alone_and_inside_a_paper(make: SimpleNamespace, tmp_path: Path) -> None:
    every = "".join(COMMANDS) + "".join(sorted(LETTERS)) + "".join(map(chr, range(32, 127))) + _NASTY
    records = [make.record("m", hyperparameters={"s": text}) for text in (every, "plain")]
    records += [make.record("erm", seed) for seed in range(2)] + [make.record("late", uses_race="test")]
    (tmp_path / "leaderboard.tex").write_text(to_latex(_table(records)))
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


_COMMITTED = Path(__file__).parents[2] / "leaderboards" / "cxr" / "phantom"


def test_the_committed_leaderboard_has_the_shape_that_is_written(full: Table) -> None:
    """The same titles, rules, blocks and commands; rows and numbers are another run's."""
    page, committed = to_markdown(full, []), (_COMMITTED / "leaderboard.md").read_text()
    (rules,) = {line for line in committed.splitlines() if line.startswith("| :---") and line.count(":---:") == 14}
    columns = next(line for line in committed.splitlines() if line.startswith("| Method"))
    assert columns in page.splitlines()
    assert rules in page.splitlines()
    for line in committed.splitlines():
        if line.startswith(("## References", "## How", "## What", "> **", "- Removal", "- Residual", "| | |")):
            assert line in page.splitlines()
    header = (_COMMITTED / "leaderboard.csv").read_text().splitlines()[0]
    assert to_csv(full).splitlines()[0] == header
    tex, text = (_COMMITTED / "leaderboard.tex").read_text().splitlines(), to_latex(full).splitlines()
    assert text[: text.index(r"\begin{table}[tp]") + 2] == tex[: tex.index(r"\begin{table}[tp]") + 2]
    assert next(line for line in tex if "Method" in line) in text
    assert text[-4:] == tex[-4:]
    shown = r"\star$: on the Pareto front of diagnosis AUROC and decodability of the features. C: labels,"
    assert all(any(shown in line for line in lines) for lines in (tex, text))


def test_the_order_of_records_changes_no_byte(make: SimpleNamespace) -> None:
    records = [
        make.record(name, seed, make.around(0.8 + 0.01 * seed, 0.03), make.around(0.7 + 0.02 * seed, 0.03))
        for name in ("erm", "b", "a")
        for seed in range(3)
    ]
    one, other = _table(records), _table(records[::-1])
    assert to_csv(one) == to_csv(other)
    assert to_markdown(one, []) == to_markdown(other, [])
    assert to_latex(one) == to_latex(other)
