from types import SimpleNamespace

from bench.leaderboard.reading import reading
from bench.pages import markdown
from bench.pages.document import Document, Section
from bench.scoring.decodability.flags import MEANINGS
from tests.leaderboard.conftest import table


def _reading(records: list) -> str:
    return markdown.render(Document((Section((reading(table(records)),)),)))


def test_only_what_is_shown_is_explained(make: SimpleNamespace) -> None:
    record = make.record()
    bare = make.rescored(record, [s for s in make.of_record(record) if s.metric == "auroc"])
    for words in ("Given the diagnosis", "Residual:", "Removal:", "LEACE", "ranked with nobody", "Flags"):
        assert words not in _reading([bare])
    full = make.record(
        also=[*make.suite(), make.given(0.7)], flags=("features: NONLINEAR_GAP", "block 1: ILL_CONDITIONED")
    )
    text = _reading([full, make.record("race_reader", reference=True)])
    for words in ("Given the diagnosis", "Residual:", "Removal:", "LEACE", "ranked with nobody", "Flags"):
        assert words in text
    assert f"  - NONLINEAR_GAP: {MEANINGS['NONLINEAR_GAP']}" in text.splitlines()
    assert "ILL_CONDITIONED" in text


def test_true_labels_are_named(make: SimpleNamespace) -> None:
    assert "true labels" not in _reading([make.record()])
    text = _reading([make.record(true_labels=["effusion", "no_finding"])])
    assert "Scored against true labels (`effusion`, `no_finding`)" in text
