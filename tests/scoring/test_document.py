import pytest

from bench.pages import terminal
from bench.pages.document import Measured, Missing
from bench.records import Scores
from bench.scoring.document import cell, document, evidence, probes
from tests.leaderboard.conftest import score, suite

_OF = {"attribute": "race", "layer": "features"}


def test_what_is_printed_of_anyones_features(capsys: pytest.CaptureFixture[str]) -> None:
    scores = [
        score("decodability", (0.9, 0.88, 0.92), read_by="ridge", **_OF),
        *suite(),
        score("decodability_ovr", (0.8, 0.7, 0.9), group="Black", **_OF),
        score("v_information", (0.3, 0.2, 0.4), **_OF),
    ]
    terminal.show(document(Scores(scores, "race"), ["features: BLIND"]))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "Decodability of race (AUROC; 0.5 = cannot be read): 400 images, 300 patients"
    text = "\n".join(lines)
    for words in ("Black against the rest", "usable information, bits per image (logistic)", "→ ridge", "Depth D(σ)"):
        assert words in text
    # What is about all probes stands before those of one probe.
    assert text.index("Black against") < text.index("probe by probe")
    assert "BLIND (features): Even a linear signal" in text


def test_a_score_in_a_cell() -> None:
    assert cell(score("auroc", (0.5, 0.4, 0.6))) == Measured(0.5, 0.4, 0.6)
    assert cell(score("auroc", (None, None, None), note="one class")) == Missing("one class")


def test_what_was_not_scored_is_not_spoken_of() -> None:
    scores = Scores([score("decodability", (0.9, 0.88, 0.92), read_by="ridge", **_OF)], "race")
    assert probes(scores) == ()
    assert evidence(scores, []) == []
