from types import SimpleNamespace

import pytest

from bench.errors import BenchError
from bench.leaderboard.columns import ANY, COLUMNS, DECODABILITY, DIAGNOSIS, PROTECTED, Measure


def test_every_measure_finds_its_score_among_those_that_resemble_it(make: SimpleNamespace) -> None:
    record = make.record(auroc=(0.8, 0.7, 0.9), decodability=(0.91, 0.9, 0.92))
    found = {c.key: c.produce.find(record).value for c in COLUMNS if isinstance(c.produce, Measure)}
    assert found == {
        "auroc": 0.8,
        "worst_auroc": 0.7,
        "decodability": 0.91,
        "decodability_outputs": 0.7,
        "decodability_within_label": 0.65,
        "equalized_odds_difference": 0.1,
        "underdiagnosis_gap": 0.04,
    }


def test_the_protected_attribute_is_the_tasks(make: SimpleNamespace) -> None:
    record = make.record(protected="sex", decodability=(0.6, 0.5, 0.7))
    assert DECODABILITY.find(record).value == 0.6
    assert Measure("worst_auroc", target="macro", attribute="race").find(record) is None


def test_what_is_not_there_is_none_and_what_is_there_twice_is_refused(make: SimpleNamespace) -> None:
    record = make.record()
    assert Measure("nothing").find(record) is None
    twice = record.model_copy(update={"scores": [*record.scores, record.scores[0]]})
    with pytest.raises(BenchError, match=rf"{record.id}.*2 scores 'auroc'"):
        DIAGNOSIS.find(twice)
    several = record.model_copy(
        update={
            "scores": [
                make.score("underdiagnosis_rate_gap", (0.1, 0, 0.2), target=target, attribute="race")
                for target in ("a", "b")
            ]
        }
    )
    with pytest.raises(BenchError, match="2 scores"):
        Measure("underdiagnosis_rate_gap", target=ANY, attribute=PROTECTED).find(several)


def test_columns_have_distinct_keys_and_titles() -> None:
    assert len({column.key for column in COLUMNS}) == len({column.title for column in COLUMNS}) == len(COLUMNS)
