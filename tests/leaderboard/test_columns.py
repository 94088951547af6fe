from types import SimpleNamespace

import pytest

from bench.errors import BenchError
from bench.leaderboard.columns import COLUMNS, columns_of
from bench.leaderboard.lookup import DIAGNOSIS_AUROC, OBSERVED, Lookup
from bench.records import Record, ScoreFile
from bench.scoring.measures import Column as Shown
from tests.leaderboard.conftest import table as board


def _value(lookup: Lookup, entry) -> float | None:  # type: ignore[no-untyped-def]
    found = lookup.pooled([entry])
    return None if found is None else found.mean


def test_every_measure_finds_its_score_among_those_that_resemble_it(make: SimpleNamespace) -> None:
    record = make.record(auroc=(0.8, 0.7, 0.9), decodability=(0.91, 0.9, 0.92), also=[make.given(0.65)])
    record = make.in_conditions(make.in_trial(record, make.around(0.81, 0.01)), 0.01, 0.02)
    entry = make.entry(record)
    found = {c.key: _value(c.produce, entry) for c in COLUMNS if isinstance(c.produce, Lookup)}
    assert found == {
        "auroc": 0.8,
        "worst_auroc": 0.7,
        "brier": 0.2,
        "decodability_trial": 0.81,
        "decodability": 0.91,
        "decodability_features": 0.745,
        "decodability_outputs": 0.7,
        "decodability_given_diagnosis": 0.65,
        "decodability_given_known": 0.63,
        "equalized_odds_difference": 0.1,
        "underdiagnosis_gap": 0.04,
        "counterfactual_effect": 0.03,
        "condition_loss_balanced": 0.01,
        "condition_loss_inverted": 0.02,
    }


def test_the_protected_attribute_is_the_tasks(make: SimpleNamespace) -> None:
    entry = make.entry(make.record(protected="sex", decodability=(0.6, 0.5, 0.7)))
    assert _value(OBSERVED, entry) == 0.6
    assert _value(Lookup("worst_auroc", Shown(target="macro", attribute="race")), entry) is None


def test_what_is_not_there_is_none_and_what_is_there_twice_is_refused(make: SimpleNamespace) -> None:
    record = make.record()
    assert _value(Lookup("nothing", Shown()), make.entry(record)) is None
    scores = make.of_record(record)
    twice = make.rescored(record, [*scores, scores[0]])
    with pytest.raises(BenchError, match=rf"{record.run.id} on test by suite 1.*2 scores 'auroc' \(target=macro"):
        _value(DIAGNOSIS_AUROC, make.entry(twice))
    (gap,) = [column.produce for column in COLUMNS if column.key == "underdiagnosis_gap"]
    several = make.rescored(
        record,
        [make.score("underdiagnosis_rate_gap", (0.1, 0, 0.2), target=t, attribute="race") for t in ("a", "b")],
    )
    with pytest.raises(BenchError, match="2 scores"):
        _value(gap, make.entry(several))


def test_columns_have_distinct_keys_and_titles() -> None:
    assert len({column.key for column in COLUMNS}) == len({column.title for column in COLUMNS}) == len(COLUMNS)


def test_every_column_says_what_it_is() -> None:
    assert [column.key for column in COLUMNS if (column.measure is None) != bool(column.meaning)] == []


def test_differences_stand_behind_their_measure() -> None:
    keys = [column.key for column in COLUMNS]
    lost = "condition_loss_inverted"
    behind = (("auroc", "auroc", 2), ("brier", "brier", 1), (lost, lost, 1))
    for at, measure, more in (*behind, ("decodability_given_diagnosis", "decodability", 2)):
        place = keys.index(at) + 1
        assert keys[place : place + more] == [f"{measure}_difference", f"{measure}_difference_p"][:more]
    assert keys.index("decodability_trial") == keys.index("decodability_given_diagnosis") - 1
    assert len(keys) == len(set(keys)) == len(columns_of(()))


def _cell(key: str, records: list) -> object:
    (row,) = board(records).rows
    (column,) = [column for column in COLUMNS if column.key == key]
    return column.produce(row)


def test_a_score_at_a_level_is_not_the_score(make: SimpleNamespace) -> None:
    level = make.score("decodability", (0.6, 0.5, 0.7), attribute="race", layer="features", level=0.1)
    with_level, plain = make.entry(make.record(also=[level])), make.entry(make.record())
    assert OBSERVED.pooled([with_level]) == OBSERVED.pooled([plain])


def test_the_claim_is_that_of_all_seeds(make: SimpleNamespace) -> None:
    answers = ({0.03: 1.0, 0.05: 1.0}, {0.03: 0.0, 0.05: 1.0})
    records = [make.record("m", seed, also=make.removal(found)) for seed, found in enumerate(answers)]
    assert _cell("removal", records) == "yes (δ=.05)"
    assert _cell("removal", records[:1]) == "yes (δ=.03)"
    assert _cell("removal", [make.record("m")]) is None


def test_the_claim_is_made_in_the_trial_where_there_is_one(make: SimpleNamespace) -> None:
    granted = make.record("m", also=make.removal({0.05: 1.0}))
    assert _cell("removal", [granted]) == "yes (δ=.05)"
    assert _cell("removal", [make.in_trial(granted, make.around(0.6, 0.01))]) == "no"


def test_flags_are_those_of_any_seed_on_the_test_patients_and_in_the_trial(make: SimpleNamespace) -> None:
    flags = (("RANDOMISED", "features: BLIND"), ("outputs: CONTROL_LEAK", "block 2: BLIND"))
    records = [make.record("m", seed, flags=raised) for seed, raised in enumerate(flags)]
    assert _cell("flags", records) == ("BLIND", "RANDOMISED", "block 2: BLIND", "outputs: CONTROL_LEAK")
    assert _cell("flags", [make.record("m")]) is None
    trial = make.in_trial(make.record("m"), make.around(0.6, 0.01), flags=("UNDERPOWERED",))
    assert _cell("flags", [trial]) == ("UNDERPOWERED",)


def _elsewhere(make: SimpleNamespace, record: Record, name: str, data: str, auroc: float, **more: object) -> ScoreFile:
    scores = make.scores(make.around(auroc, 0.02), make.around(0.7, 0.02))
    fields = {"data": data, "targets": ["effusion"], "groups": ["Black", "White"], **more}
    return make.file(record.run, name, "elsewhere", scores, **fields)


def test_another_set_has_columns_of_its_own_in_each_of_its_states(make: SimpleNamespace) -> None:
    plain, other = (make.record(name, 0, make.around(0.8, 0.02), make.around(0.8, 0.02)) for name in ("erm", "b"))
    with_one = Record(plain.run, (*plain.files, _elsewhere(make, plain, "ours, site b", "aaaaaaaa", 0.7)))
    with_two = Record(
        other.run,
        (
            *other.files,
            _elsewhere(make, other, "ours, site b", "bbbbbbbb", 0.6),
            _elsewhere(make, other, "theirs", "c", 0.5),
        ),
    )
    found = [make.entry(with_one), make.entry(with_two)]
    more = [column for column in columns_of(found) if column not in COLUMNS]
    assert [column.key for column in more if column.key.startswith("auroc")] == [
        "auroc_on_ours_site_b_aaaaaa",
        "auroc_on_ours_site_b_bbbbbb",
        "auroc_on_theirs",
    ]
    values = {column.key: [_value(column.produce, entry) for entry in found] for column in more}  # type: ignore[arg-type]
    assert values["auroc_on_ours_site_b_aaaaaa"] == [0.7, None]
    assert values["auroc_on_ours_site_b_bbbbbb"] == [None, 0.6]
    assert values["decodability_on_theirs"] == [None, 0.7]
    assert columns_of([make.entry(plain)]) == COLUMNS


@pytest.mark.parametrize("made", [{"unit": "study"}, {"suite": 2}, {"scoring": 2}])
def test_what_was_scored_otherwise_elsewhere_has_no_column(make: SimpleNamespace, made: dict[str, object]) -> None:
    """Scores by study, of another suite or by another version of scoring are no measure of those at home."""
    record = make.record()
    alike, otherwise = (_elsewhere(make, record, "theirs", "c", auroc, **m) for auroc, m in ((0.7, {}), (0.6, made)))
    assert make.entry(Record(record.run, (*record.files, otherwise))).elsewhere == ()
    assert make.entry(Record(record.run, (*record.files, otherwise, alike))).elsewhere == (alike,)
