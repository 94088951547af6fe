from types import SimpleNamespace

from bench.leaderboard.comparable import Key
from bench.leaderboard.reading import reading
from bench.leaderboard.table import make as make_table
from bench.pages import markdown
from bench.pages.document import Document, Section
from bench.scoring.decodability.flags import MEANINGS


def _reading(records: list) -> str:
    found = reading(make_table(Key.of(records[0]), records)[0])
    return markdown.render(Document((Section((found,)),)))


def test_only_what_is_shown_is_explained(make: SimpleNamespace) -> None:
    record = make.record()
    bare = record.model_copy(update={"scores": [s for s in record.scores if s.metric == "auroc"]})
    for words in ("Given C", "Residual:", "Removal:", "LEACE", "ranked with nobody", "Flags"):
        assert words not in _reading([bare])
    full = make.record(also=make.suite(), flags=("penultimate: NONLINEAR_GAP", "stage 1: ILL_CONDITIONED"))
    text = _reading([full, make.record("race_reader", reference=True)])
    for words in ("Given C", "Residual:", "Removal:", "LEACE", "ranked with nobody", "Flags"):
        assert words in text
    assert f"  - NONLINEAR_GAP: {MEANINGS['NONLINEAR_GAP']}" in text.splitlines()
    # No column is about a stage.
    assert "ILL_CONDITIONED" not in text


def test_true_labels_are_named(make: SimpleNamespace) -> None:
    record = make.record()
    assert "true labels" not in _reading([record])
    data = record.data.model_copy(update={"true_labels": ["effusion", "no_finding"]})
    text = _reading([record.model_copy(update={"data": data})])
    assert "Scored against true labels (`effusion`, `no_finding`)" in text
