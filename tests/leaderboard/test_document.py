import csv
import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.leaderboard import document
from bench.leaderboard.columns import COLUMNS
from bench.leaderboard.lookup import Lookup
from bench.leaderboard.table import Table
from bench.pages import comma_separated, latex, markdown
from bench.records import Record
from tests.leaderboard.boards import NASTY, everything, method, of_methods, usual


def to_markdown(table: Table, notices: list[str]) -> str:
    return markdown.render(document.page(table, notices))


def to_csv(table: Table) -> str:
    return comma_separated.render(document.numbers(table))


def to_latex(table: Table) -> str:
    return latex.render(document.paper(table), "leaderboard")


def _lines(table: Table) -> dict[str, dict[str, str]]:
    return {line["method"]: line for line in csv.DictReader(io.StringIO(to_csv(table)))}


def _row(page: str, name: str) -> str:
    (row,) = [line for line in page.splitlines() if line.startswith(f"| {name}")]
    return row


@pytest.fixture(scope="module")
def table() -> Table:
    return usual()


def test_csv_holds_raw_numbers(table: Table) -> None:
    lines = list(csv.DictReader(io.StringIO(to_csv(table))))
    assert [(line["section"], line["method"]) for line in lines] == [
        ("methods", "adversarial"),
        ("methods", "erm"),
        ("race at test", "chooser"),
        ("diagnosis lost", "blur"),
        ("incomplete", "once"),
        ("references", "untrained network"),
        ("references", "permuted groups"),
    ]
    first, of_once = lines[0], lines[4]
    assert [float(first[name]) for name in ("auroc", "decodability")] == [
        pytest.approx(v + 5e-5) for v in (0.835, 0.61)
    ]
    assert (first["uses_race"], first["seeds"], first["pairs"], first["hyperparameters"]) == (
        "never", "2", "2", '{"s": 2.5}',
    )  # fmt: skip
    for column, value in (("synthetic", "true"), ("key", table.key.digest), ("edition_seeds", "0 1")):
        assert {line[column] for line in lines} == {value}
    # How much was scored stands in every line.
    assert {(line["unit"], line["n"], line["patients"]) for line in lines} == {("image", "400", "300")}
    assert lines[5]["auroc"] == lines[5]["auroc_low"] == ""
    assert float(lines[5]["decodability"]) == 0.6
    assert float(first["residual"]) == pytest.approx(0.11 / 0.4, abs=1e-3)
    with_limits = [column.key for column in COLUMNS if column.estimates]
    assert all({key, f"{key}_low", f"{key}_high"} <= set(first) for key in with_limits)
    assert {c.key for c in COLUMNS if isinstance(c.produce, Lookup)} <= set(with_limits)
    assert (of_once["not_ranked"], first["not_ranked"]) == ("lacks seed 0", "")
    assert [line["baseline"] for line in lines[:5]] == ["false", "true", "false", "false", "false"]


def test_csv_holds_differences_with_limits_p_values_and_classes(table: Table) -> None:
    lines = _lines(table)
    (row,) = [row for row in table.rows if row.method == "adversarial"]
    for key in ("auroc", "decodability", "brier"):
        found = row.standing.differences[key]
        expected = [found.difference.estimate, found.difference.low, found.difference.high]
        names = (f"{key}_difference", f"{key}_difference_low", f"{key}_difference_high")
        assert [float(lines["adversarial"][name]) for name in names] == expected
    assert float(lines["adversarial"]["decodability_difference_p"]) == row.standing.differences["decodability"].p
    assert lines["once"]["decodability_difference"] != "" == lines["once"]["decodability_difference_p"]
    assert lines["erm"]["auroc_difference"] == lines["erm"]["pairs"] == ""
    assert [lines[name]["tie_class"] for name in ("adversarial", "erm", "chooser", "blur", "once")] == [
        "1", "2", "1", "", "",
    ]  # fmt: skip
    assert [lines[name]["may_be_best"] for name in ("adversarial", "erm", "once")] == ["true", "false", ""]
    assert 0.99 < float(lines["adversarial"]["front"]) <= 1


def test_markdown_shows_what_the_table_holds(table: Table) -> None:
    page = to_markdown(table, ["record <x> was set aside"])
    row = _row(page, "adversarial")
    assert "| 0.835<br><sub>[" in row
    assert "| **0.610**<br><sub>[" in row
    assert "| −0.290†<br><sub>[−0." in row
    assert "100% | never" in row
    assert "| erm<br><sub>the baseline</sub> | 2 |" in page
    assert "| once<br><sub>lacks seed 0</sub> | 1 | 1 |" in page
    assert "| blur<br><sub>AUROC may be 0.05" in page
    titles = ("Ranked apart: given race at test time", "Not ranked: diagnosis lost", "Not ranked: incomplete")
    assert all(f"## {title}" in page for title in titles)
    assert "A row is ranked with all seeds of the edition, 0, 1." in page
    assert "scored on 400 images of 300 test patients" in page
    assert "| untrained network | 0.600<br><sub>[0.570, 0.630]</sub> |" in page
    assert "record &lt;x&gt; was set aside" in page
    for value in (table.key.digest, "5911" * 3, "| Backbone | resnet_small |", "| Seeds of the edition | 0, 1 |"):
        assert value in page
    # Each table has as many cells in every row as in its header.
    blocks = [block.splitlines() for block in page.split("\n\n") if block.startswith("| ")]
    assert all(len({line.count("|") for line in block}) == 1 for block in blocks)


def test_the_resolution_is_printed_or_that_nobody_is_ranked(table: Table, make: SimpleNamespace) -> None:
    found = table.resolution
    assert found is not None
    text = (
        f"Resolution: a true difference to erm of {found.auroc:.3f} in AUROC, or of {found.decodability:.3f} in decod"
    )
    for shown in (to_markdown(table, []), to_latex(table)):
        assert text in shown
        assert "2 beside erm" in shown
    alone = to_markdown(of_methods(method("erm", 0.84, 0.9)), [])
    assert "so an upper limit" in alone
    assert "No row is ranked: that takes erm with every seed (0, 1)" in to_markdown(of_methods([make.record("a")]), [])


def test_studies_are_called_studies(make: SimpleNamespace) -> None:
    table = of_methods([make.record(unit="study")])
    assert "scored on 400 studies of 300 test patients" in to_markdown(table, [])
    assert "scored on 400 studies of 300 test patients" in to_latex(table)
    assert _lines(table)["erm"]["unit"] == "study"


def test_columns_without_anything_to_show_are_left_out(make: SimpleNamespace) -> None:
    record = make.record()

    def without(word: str) -> Record:
        return make.rescored(record, [s for s in make.of_record(record) if word not in s.metric])

    for title, word in (("Underdiagnosis gap", "underdiagnosis"), ("Counterfactual effect", "counterfactual")):
        assert title in to_markdown(of_methods([record]), [])
        assert title not in to_markdown(of_methods([without(word)]), [])
    assert "Flags" not in to_markdown(of_methods([record]), [])
    assert "ILL" in to_markdown(of_methods([make.record(flags=("ILL_CONDITIONED",))]), [])


@pytest.fixture(scope="module")
def full() -> Table:
    return everything()


def test_csv_holds_residual_claim_flags_and_references(full: Table) -> None:
    lines = _lines(full)
    assert {name: line["removal"] for name, line in lines.items()} == {
        "good": "yes (δ=.03)",
        "flagged": "unreliable",
        "small": "underpowered",
        "elsewhere": "unreliable",
        "erm": "no",
        "chooser": "no",
        "untrained network": "",
        "permuted groups": "",
        "LEACE on ERM": "",
        "race_reader": "",
    }
    assert lines["flagged"]["flags"] == "CONTROL_LEAK, NONLINEAR_GAP, outputs: ILL_CONDITIONED"
    assert lines["elsewhere"]["section"] == "not compared"
    assert float(lines["good"]["residual"]) == pytest.approx(0.025, abs=1e-3)
    assert float(lines["LEACE on ERM"]["decodability_features"]) == 0.55
    reader = lines["race_reader"]
    assert (reader["section"], reader["front"], reader["hyperparameters"]) == ("references", "", '{"lr": 0.1}')
    assert float(reader["decodability"]) == pytest.approx(0.97, abs=1e-3)
    assert {line["suite_version"] for line in lines.values()} == {"1"}


def test_markdown_shows_residual_claim_flags_and_references(full: Table) -> None:
    page = to_markdown(full, [])
    assert "| **0.025** | yes (δ=.03) |" in _row(page, "good")
    assert _row(page, "elsewhere").endswith("| INSUFFICIENT, NONLINEAR_GAP, outputs: ILL_CONDITIONED |")
    methods, references = page.split("## References")
    assert "race_reader" not in methods
    reader = _row(references, "race_reader")
    assert "| 0.970<br><sub>[" in reader
    assert "**" not in reader
    assert "†" not in reader
    assert "| LEACE on ERM |" in references


def test_synthetic_data_is_announced_and_real_data_is_not(make: SimpleNamespace) -> None:
    for synthetic in (True, False):
        table = of_methods([make.record(synthetic=synthetic)])
        assert ("**Synthetic data.**" in to_markdown(table, [])) == synthetic
        caption = next(line for line in to_latex(table).splitlines() if line.startswith(r"\caption"))
        assert ("Every patient of this data set is synthetic" in caption) == synthetic


def test_markdown_escapes(make: SimpleNamespace) -> None:
    records = [make.record("m", hyperparameters={"s": text}) for text in (NASTY, "plain")]
    page = to_markdown(of_methods(records), [])
    (row,) = [line for line in page.splitlines() if r"50%" in line]
    plain = next(line for line in page.splitlines() if "s=plain" in line)
    assert row.replace(r"\|", "").count("|") == plain.count("|")
    assert "&lt;b&gt;" in row
    assert r"\*s\*" in row
    assert r"\`c\`" in row


_COMMITTED = Path(__file__).parents[2] / "leaderboards" / "cxr" / "phantom"


def test_the_committed_leaderboard_has_the_shape_that_is_written(full: Table) -> None:
    """The same columns, titles, explanations and commands; rows and numbers are another run's."""
    header = (_COMMITTED / "leaderboard.csv").read_text().splitlines()[0]
    assert to_csv(full).splitlines()[0] == header, "make the board again (make board)"
    page, committed = to_markdown(full, []).splitlines(), (_COMMITTED / "leaderboard.md").read_text().splitlines()
    titles = {column.title for column in COLUMNS}
    for line in committed:
        if line.startswith("| Method"):
            assert {title.strip(" ↑↓") for title in line.strip("| ").split(" | ")} <= titles
        if line.startswith(("## References", "## How", "## What", "> **", "- Removal", "- Residual", "- Δ", "| | |")):
            assert line in page
    tex, text = (_COMMITTED / "leaderboard.tex").read_text().splitlines(), to_latex(full).splitlines()
    assert text[: text.index(r"\begin{table}[tp]") + 2] == tex[: tex.index(r"\begin{table}[tp]") + 2]
    assert text[-4:] == tex[-4:]


def test_the_order_of_records_changes_no_byte() -> None:
    records = [record for name, found in (("erm", 0.8), ("b", 0.7), ("a", 0.7)) for record in method(name, 0.84, found)]
    one, other = of_methods(records), of_methods(records[::-1])
    assert to_csv(one) == to_csv(other)
    assert to_markdown(one, []) == to_markdown(other, [])
    assert to_latex(one) == to_latex(other)
