from types import SimpleNamespace

import pytest

from bench.errors import BenchError
from bench.leaderboard.columns import ANY, COLUMNS, DECODABILITY, DIAGNOSIS, PROTECTED, Measure, columns_of, residual
from bench.leaderboard.rows import rows
from bench.records import External
from bench.statistics.pooling import Estimate


def test_every_measure_finds_its_score_among_those_that_resemble_it(make: SimpleNamespace) -> None:
    record = make.record(auroc=(0.8, 0.7, 0.9), decodability=(0.91, 0.9, 0.92))
    found = {c.key: c.produce.find(record).value for c in COLUMNS if isinstance(c.produce, Measure)}
    assert found == {
        "auroc": 0.8,
        "worst_auroc": 0.7,
        "decodability": 0.91,
        "decodability_outputs": 0.7,
        "decodability_conditional": 0.65,
        "equalized_odds_difference": 0.1,
        "underdiagnosis_gap": 0.04,
        "counterfactual_effect": 0.03,
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


def _cell(key: str, records: list) -> object:
    (row,) = rows(records)[0]
    (column,) = [column for column in COLUMNS if column.key == key]
    return column.produce(row)


def test_a_score_at_a_level_is_not_the_score(make: SimpleNamespace) -> None:
    plain = make.record()
    level = make.score("decodability", (0.6, 0.5, 0.7), attribute="race", view="penultimate", level=0.1)
    assert DECODABILITY.find(make.record(also=[level])) == DECODABILITY.find(plain)


def test_residual_is_the_part_of_the_baselines_excess() -> None:
    assert residual(Estimate(0.6, 0.55, 0.65), 0.4) == pytest.approx(0.25)
    assert residual(Estimate(0.48, 0.44, 0.52), 0.4) == pytest.approx(-0.05)
    assert residual(None, 0.4) is None
    assert residual(Estimate(0.6, 0.55, 0.65), None) is None


def test_the_claim_is_that_of_all_seeds(make: SimpleNamespace) -> None:
    answers = ({0.03: 1.0, 0.05: 1.0}, {0.03: 0.0, 0.05: 1.0})
    records = [make.record("m", seed, also=make.removal(found)) for seed, found in enumerate(answers)]
    assert _cell("removal", records) == "yes (δ=.05)"
    assert _cell("removal", records[:1]) == "yes (δ=.03)"
    assert _cell("removal", [make.record("m")]) is None


def test_flags_are_those_of_any_seed_on_what_has_a_column(make: SimpleNamespace) -> None:
    flags = (("RANDOMISED", "penultimate: PLANT_MISSED"), ("outputs: CONTROL_LEAK", "stage 2: PLANT_MISSED"))
    records = [make.record("m", seed, flags=raised) for seed, raised in enumerate(flags)]
    assert _cell("flags", records) == ("PLANT_MISSED", "RANDOMISED", "outputs: CONTROL_LEAK")
    assert _cell("flags", [make.record("m", flags=("stage 2: PLANT_MISSED",))]) is None


def test_another_set_has_columns_of_its_own_in_each_of_its_states(make: SimpleNamespace) -> None:
    plain = make.record("erm", 0, make.around(0.8, 0.02), make.around(0.8, 0.02))

    def elsewhere(name: str, fingerprint: str, auroc: float) -> External:
        data = plain.data.model_copy(update={"fingerprint": fingerprint})
        scores = make.scores(make.around(auroc, 0.02), make.around(0.7, 0.02))
        return External(
            name=name, data=data, targets=["effusion"], groups=["Black", "White"], scoring={}, suite_version=1,
            flags=[], scores=scores,
        )  # fmt: skip

    records = [
        plain.model_copy(update={"external": [elsewhere("ours, site b", "aaaaaaaa", 0.7)]}),
        make.record("adversarial", 0, make.around(0.8, 0.02), make.around(0.8, 0.02)).model_copy(
            update={"external": [elsewhere("ours, site b", "bbbbbbbb", 0.6), elsewhere("theirs", "c", 0.5)]}
        ),
    ]
    more = [column for column in columns_of(records) if column not in COLUMNS]
    assert [column.key for column in more if column.key.startswith("auroc")] == [
        "auroc_on_ours_site_b_aaaaaa",
        "auroc_on_ours_site_b_bbbbbb",
        "auroc_on_theirs",
    ]
    values = {
        column.key: [None if cell is None else cell.mean for cell in (column.produce.pooled([r]) for r in records)]
        for column in more
    }
    assert values["auroc_on_ours_site_b_aaaaaa"] == [0.7, None]
    assert values["auroc_on_ours_site_b_bbbbbb"] == [None, 0.6]
    assert values["decodability_on_theirs"] == [None, 0.7]
    assert columns_of([plain]) == COLUMNS
