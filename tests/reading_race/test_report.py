from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from bench.reading_race import tables
from bench.reading_race.published import Published
from bench.reading_race.walk import StudyResults


def rows(paths: list[Path]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(next(p for p in paths if p.name == "report.csv").read_text())))


def test_the_csv_holds_every_number_with_the_papers_beside_it(walked: tuple[StudyResults, list[Path]]) -> None:
    study, paths = walked
    found = {(row["experiment"], row["setting"], row["target"]): row for row in rows(paths)}
    a1 = found["A1", "images as they are", "Black"]
    assert (a1["paper"], a1["paper_low"], a1["paper_high"], a1["paper_source"]) == ("0.982", "0.981", "0.983", "T3")
    result = next(one for one in study.found if one.experiment.name == "A1").results[0]
    score = next(s for s in result.scores if s.target == "Black" and s.metric == "auroc")
    assert float(a1["here"]) == score.value
    assert float(a1["here_low"]) == score.low
    low = found["C1", "low-pass D = 50", "White"]
    assert (low["paper"], low["details"]) == ("0.907", "radius to 7.14, bins kept 15.7%")
    assert found["C3", "bottom centre alone", "White"]["paper"] == "0.599"
    assert any(row["note"].startswith("skipped: the cohort has no density") for row in rows(paths))
    assert {row["synthetic"] for row in rows(paths)} == {"true"}


def test_the_page_says_that_it_is_synthetic_and_shows_every_experiment_and_figure(
    walked: tuple[StudyResults, list[Path]],
) -> None:
    study, paths = walked
    page = next(p for p in paths if p.name == "report.md")
    text = page.read_text()
    assert "**Synthetic data.**" in text
    for found in study.found:
        assert f"## {found.experiment.name}\n" in text
    assert "Skipped: the cohort has no density." in text
    shown = re.findall(r"\]\((\w+\.png)\)", text)
    assert shown == ["frequencies.png", "patches.png", "quality.png", "strata.png"]
    for name in shown:
        with Image.open(page.parent / name) as image:
            assert min(image.size) > 500
    widths = {line.count(" | ") for line in text.splitlines() if line.startswith("| images as they are")}
    assert len(widths) == 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here")
def test_the_latex_compiles(walked: tuple[StudyResults, list[Path]], tmp_path: Path) -> None:
    source = next(p for p in walked[1] if p.name == "report.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"-output-directory={tmp_path}", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_latex_escapes_and_closes_what_it_opens(walked: tuple[StudyResults, list[Path]]) -> None:
    text = next(p for p in walked[1] if p.name == "report.tex").read_text()
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") > 5
    assert not re.search(r"(?<!\\)%(?! Compiles)", text)
    assert "Synthetic data" in text


def test_several_seeds_are_one_line_with_an_interval_for_both(walked: tuple[StudyResults, list[Path]]) -> None:
    found = next(one for one in walked[0].found if one.experiment.name == "A1")
    first = found.results[0]
    moved = [s.model_copy(update={"value": s.value and min(s.value + 0.1, 1.0)}) for s in first.scores]
    two = type(found)(found.experiment, [first, first.model_copy(update={"seed": 1, "scores": moved})])
    one_line = tables.make(found, walked[0].groups, "cxr").lines[0]
    line = tables.make(two, walked[0].groups, "cxr").lines[0]
    one, both = one_line.entries["macro"].here, line.entries["macro"].here
    assert one is not None
    assert both is not None
    assert line.seeds == 2
    assert both.mean == pytest.approx(one.mean + 0.05)
    assert both.high is not None and both.low is not None  # noqa: PT018
    assert one.high is not None and one.low is not None  # noqa: PT018
    assert both.high - both.low > one.high - one.low


def test_two_groups_have_one_column_and_other_tasks_no_figure_of_the_paper(
    walked: tuple[StudyResults, list[Path]],
) -> None:
    found = next(one for one in walked[0].found if one.experiment.name == "C1")
    assert tables.make(found, ("F", "M"), "cxr").columns == ("macro",)
    other = tables.make(found, ("F", "M"), "skin")
    assert all(entry.paper is None for line in other.lines for entry in line.entries.values())


def test_figures_of_the_paper_in_words() -> None:
    assert str(Published(0.986, 0.984, 0.988)) == "0.986 (0.984–0.988)"
    assert str(Published(0.7986)) == "0.799"
    assert str(Published(0.5)) == "0.50"
    assert str(Published(None, 0.54, 0.61)) == "0.54–0.61"
