import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.pages import terminal
from bench.records import Cost, Record
from bench.run import document
from bench.scoring.decodability.flags import MEANINGS
from tests.leaderboard.conftest import around, file, given, in_conditions, in_trial, record, removal, score, suite


def _printed(found: Record, capsys: pytest.CaptureFixture[str]) -> list[str]:
    scores = found.of("test") or found.of("val")
    assert scores is not None
    terminal.show(document.document(found, scores, Path("folder")))
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def _cells(lines: list[str], label: str) -> list[str]:
    """The cells of the one line of the table with this label."""
    (line,) = [line for line in lines if re.split(r"  +", line.strip())[0] == label]
    return re.split(r"  +", line.strip())[1:]


def test_what_a_run_prints(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _printed(record(also=[*suite(), given(0.65)]), capsys)
    assert lines[0] == "erm on cxr, phantom (synthetic patients, not real ones): 300 test patients"
    expected = {
        "macro": ["0.800", "0.760 – 0.840"],
        "macro, Black": ["0.130", "0.100 – 0.160"],
        "macro, worst group": ["0.700", "0.660 – 0.740"],
        "counterfactual effect (mean change of p between twins)": ["0.030", "0.020 – 0.040"],
        "network": ["0.900", "0.880 – 0.920"],
        "network, given the diagnosis": ["0.650", "0.620 – 0.680"],
        "network, same network untrained": ["0.600", "0.570 – 0.630"],
        "features": ["0.745", "0.700 – 0.790"],
        "null: race permuted over patients": ["0.500", "0.460 – 0.540"],
        "null: a random label per patient": ["0.502", "0.480 – 0.520"],
        "outputs": ["0.700", "0.670 – 0.730"],
        "block 1": ["0.660", "0.630 – 0.690"],
        "→ ridge": ["0.900", "0.880 – 0.920"],
        "logistic": ["0.890", "0.870 – 0.910"],
        "trees": ["0.880", "0.860 – 0.900"],
    }
    assert {label: _cells(lines, label) for label in expected} == expected
    text = "\n".join(lines)
    assert "Depth D(σ) by linear probes: σ=0 0.900, σ=0.01 0.898, σ=0.1 0.875, σ=1 0.650\n" in text
    assert "Detection limit (AUROC, at 1/99% of the spectrum): linear 0.600/0.570, quadratic 0.660/–\n" in text
    assert "refused at δ = .02, .03, .05, as a probe may read more than 0.5 + δ." in text
    assert lines[-1] == "Record: folder"
    assert max(map(len, lines)) <= 110


def test_whose_labels_the_scores_are_against(capsys: pytest.CaptureFixture[str]) -> None:
    plain = record()
    assert not any("true labels" in line for line in _printed(plain, capsys))
    lines = _printed(record(true_labels=["effusion"]), capsys)
    assert "Scored against true labels, trained on reported ones: effusion" in lines


def test_scores_on_another_set_stand_beside_those_at_home(capsys: pytest.CaptureFixture[str]) -> None:
    home = record(also=suite())
    scores = [
        score("auroc", (0.71, 0.7, 0.72), target="macro"),
        score("auroc", (None, None, None), target="effusion", note="too small to score"),
        score("worst_auroc", (0.61, 0.6, 0.62), target="macro", attribute="race"),
        score("decodability", (0.81, 0.8, 0.82), layer="features", attribute="race"),
        score("decodability", (0.66, 0.6, 0.7), layer="features", reference="untrained", attribute="race"),
    ]
    other = file(home.run, "theirs", "elsewhere", scores, targets=["effusion"], patients=77)
    lines = _printed(Record(home.run, (*home.files, other)), capsys)
    theirs = lines[lines.index("On theirs: 77 test patients") :]
    assert _cells(theirs, "macro") == ["0.710", "0.700 – 0.720", "0.800"]
    assert _cells(theirs, "effusion") == ["–", "too small to score", "0.120"]
    assert _cells(theirs, "macro, worst group") == ["0.610", "0.600 – 0.620", "0.700"]
    assert _cells(theirs, "race from features") == ["0.810", "0.800 – 0.820", "0.745"]
    assert _cells(theirs, "race from features, same network untrained") == ["0.660", "0.600 – 0.700", "–"]
    assert any(line.startswith("theirs has no labels of no_finding") for line in theirs)


@pytest.mark.parametrize(
    ("answers", "flags", "words"),
    [
        ({0.02: 0.0, 0.03: 1.0, 0.05: 1.0}, (), "granted at δ = .03: every probe's upper bound is below 0.53."),
        ({0.02: 0.0, 0.05: 0.0}, (), "refused at δ = .02, .05, as a probe may read more than 0.5 + δ."),
        ({0.05: "underpowered: 90 patients"}, (), "nothing may be claimed (underpowered)"),
        ({0.05: "unreliable: a control failed"}, (), "nothing may be claimed (unreliable)"),
        ({0.05: 1.0}, ("INSUFFICIENT",), "nothing may be claimed (unreliable)"),
    ],
)
def test_the_claim_of_removal_in_words(
    capsys: pytest.CaptureFixture[str], answers: dict[float, Any], flags: tuple[str, ...], words: str
) -> None:
    lines = _printed(record(also=removal(answers), flags=flags), capsys)
    assert f"Removal of race from the network: {words}" in " ".join(lines)


def test_each_flag_once_with_where_and_what_it_means(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("RANDOMISED", "features: BLIND", "block 1: BLIND", "outputs: OF_ANOTHER_TIME")
    text = " ".join(_printed(record(flags=flags), capsys))
    assert f"RANDOMISED: {MEANINGS['RANDOMISED']}" in text
    assert f"BLIND (features, block 1): {MEANINGS['BLIND']}" in text
    assert "OF_ANOTHER_TIME (outputs)" in text
    assert text.count("BLIND") == 1


def test_a_record_with_few_scores_is_printed_without_what_it_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    of = {"attribute": "race", "layer": "network"}
    home = record()
    validation = [
        score("auroc", (0.8, 0.7, 0.9), target="macro"),
        score("decodability", (0.7, 0.6, 0.8), read_by="ridge", **of),
        score("decodability_given_diagnosis", (None, None, None), note="no [stratum] to compare", **of),
    ]
    lines = _printed(Record(home.run, (file(home.run, "val", "val", validation),)), capsys)
    assert lines[0].endswith("100 val patients")
    assert _cells(lines, "network") == ["0.700", "0.600 – 0.800"]
    assert _cells(lines, "network, given the diagnosis") == ["–", "no [stratum] to compare"]
    text = "\n".join(lines)
    for words in ("Depth", "Detection limit", "Removal", "probe by probe"):
        assert words not in text


def test_a_narrow_terminal_is_no_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(terminal, "console_of_output", lambda: Console(highlight=False, width=40))
    assert any("features" in line for line in _printed(record(also=suite()), capsys))


def test_what_training_cost_is_said_where_the_record_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    cost = Cost(
        images=10, forward=20, backward=20, other=0, relative=2.0, parameters=5, extra_parameters=1200, seconds=61.4,
        peak_memory=300 * 2**20, files=["teacher"],
    )  # fmt: skip
    plain = record()
    run = plain.run.model_copy(update={"training": plain.run.training.model_copy(update={"cost": cost})})
    text = " ".join(" ".join(_printed(replace(plain, run=run), capsys)).split())
    assert "Training: 2.00 × the image passes of plain training, 61 s, 300 MiB at most, 1,200 parameters beside" in text
    assert "begun with a file (teacher)" in text
    assert "Training:" not in " ".join(_printed(plain, capsys))


def test_the_trial_and_test_conditions_have_sections_and_removal_is_said_of_the_trial(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = in_conditions(in_trial(record(also=removal({0.05: 1.0})), around(0.7, 0.01)), 0.01, 0.02)
    lines = _printed(found, capsys)
    start = lines.index("Trial: 9,000 patients rendered for scoring alone, race drawn at random")
    end = next(n for n, line in enumerate(lines) if line.startswith("Test conditions: race and disease tied"))
    home, trial, conditions = lines[:start], lines[start:end], lines[end:]
    assert _cells(trial, "network") == ["0.700", "0.690 – 0.710"]
    assert not any("Removal of race" in line for line in home)
    assert any(line.startswith("Removal of race from the network: refused at δ = .05") for line in trial)
    assert _cells(conditions, "as trained")[0].startswith("0.800")
    assert _cells(conditions, "inverted")[1].startswith("0.020")


def test_gaps_are_shown_with_what_they_are_by_chance(capsys: pytest.CaptureFixture[str]) -> None:
    of = {"target": "macro", "attribute": "race"}
    null = score("equalized_odds_difference_null", (0.08, 0.03, 0.15), reference="permuted", **of)
    lines = _printed(record(also=[null]), capsys)
    assert any(
        "equalized-odds difference (by chance 0.080, 95% below 0.150)" in " ".join(lines[n : n + 2]) for n in range(40)
    )
