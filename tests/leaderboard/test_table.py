from types import SimpleNamespace

import pytest

from bench.leaderboard.columns import COLUMNS
from bench.leaderboard.table import Table
from bench.statistics.pooling import Estimate

_POSITION = {column.key: i for i, column in enumerate(COLUMNS)}


def _method(make: SimpleNamespace, name: str, auroc: float, decodability: float | None, **more: object):
    where = (None, None, None) if decodability is None else make.around(decodability, 0.02)
    return make.record(name, 0, make.around(auroc, 0.03), where, **more)


def test_the_front_first_then_by_decodability(make: SimpleNamespace) -> None:
    records = [
        _method(make, "erm", 0.84, 0.90),
        _method(make, "beaten_high", 0.80, 0.85),
        _method(make, "strong", 0.81, 0.60),
        _method(make, "beaten_low", 0.79, 0.65),
        _method(make, "unread", 0.95, None),
        _method(make, "cheat", 0.99, 0.50, uses_race="test"),
    ]
    table = make.table(records)
    assert [(row.method, row.pareto) for row in table.ranked] == [
        ("strong", True),
        ("erm", True),
        ("beaten_low", False),
        ("beaten_high", False),
        ("unread", False),
    ]
    assert [(row.method, row.pareto) for row in table.at_test] == [("cheat", True)]
    assert [section.name for section in table.sections()] == ["methods", "race at test", "references"]


def test_features_that_do_not_hold_the_diagnosis_win_nothing(make: SimpleNamespace) -> None:
    records = [
        _method(make, "erm", 0.84, 0.90),
        _method(make, "constant", 0.84, 0.50, flags=("INSUFFICIENT", "features: CONSTANT_FEATURES")),
        _method(make, "honest", 0.80, 0.70),
    ]
    assert [(row.method, row.pareto) for row in make.table(records).ranked] == [
        ("honest", True),
        ("erm", True),
        ("constant", False),
    ]


def test_the_best_of_each_column_is_marked_ties_included(make: SimpleNamespace) -> None:
    table = make.table([_method(make, "a", 0.8401, 0.6), _method(make, "b", 0.8404, 0.9), _method(make, "c", 0.7, 0.8)])
    marks = {str(line.cells[0]): line.best for line in table.sections()[0].lines}
    assert {name: best[_POSITION["auroc"]] for name, best in marks.items()} == {"a": True, "b": True, "c": False}
    assert {name: best[_POSITION["decodability"]] for name, best in marks.items()} == {
        "a": True,
        "b": False,
        "c": False,
    }
    # The same everywhere: no best.
    assert not any(best[_POSITION["worst_auroc"]] for best in marks.values())
    assert not any(best[_POSITION["method"]] for best in marks.values())


def test_a_gap_is_best_when_small(make: SimpleNamespace) -> None:
    records = []
    for name, gap in (("a", 0.2), ("b", 0.05)):
        record = _method(make, name, 0.8, 0.8)
        rest = [s for s in make.of_record(record) if s.metric != "equalized_odds_difference"]
        of = {"target": "macro", "attribute": "race"}
        more = make.score("equalized_odds_difference", make.around(gap, 0.01), **of)
        records.append(make.rescored(record, [*rest, more]))
    lines = make.table(records).sections()[0].lines
    assert {str(line.cells[0]): line.best[_POSITION["equalized_odds_difference"]] for line in lines} == {
        "a": False,
        "b": True,
    }


def test_references_are_the_baselines(make: SimpleNamespace) -> None:
    untrained = {"erm": 0.6, "a": 0.7}
    records = [
        make.record(name, scores=make.scores((0.8, 0.7, 0.9), (0.9, 0.8, 1.0), untrained=make.around(value, 0.01)))
        for name, value in untrained.items()
    ]
    references = dict(make.table(records).references)
    assert references["untrained network"] == {
        "decodability": Estimate(0.6, pytest.approx(0.59), pytest.approx(0.61)),
        "residual": pytest.approx(0.25),
    }
    assert references["permuted groups"] == {"decodability": Estimate(0.5, 0.46, 0.54)}
    assert dict(make.table(records[1:]).references)["untrained network"]["decodability"].mean == 0.7


def _cells(table: Table, section: str, key: str) -> dict[str, object]:
    (found,) = [part for part in table.sections() if part.name == section]
    return {str(line.cells[0]): line.cells[_POSITION[key]] for line in found.lines}


def test_residual_is_relative_to_the_baseline_of_the_same_table(make: SimpleNamespace) -> None:
    records = [_method(make, "erm", 0.84, 0.90), _method(make, "a", 0.8, 0.6), _method(make, "b", 0.8, None)]
    records += [_method(make, "late", 0.8, 0.7, uses_race="test")]
    table = make.table(records)
    assert _cells(table, "methods", "residual") == {
        "erm": pytest.approx(1.0),
        "a": pytest.approx(0.25),
        "b": None,
    }
    assert _cells(table, "race at test", "residual") == {"late": pytest.approx(0.5)}
    marks = {str(line.cells[0]): line.best[_POSITION["residual"]] for line in table.sections()[0].lines}
    assert marks == {"erm": False, "a": True, "b": False}


def test_residual_is_relative_to_the_mean_over_the_baselines_seeds(make: SimpleNamespace) -> None:
    records = [make.record("erm", seed, decodability=make.around(d, 0.02)) for seed, d in enumerate((0.89, 0.91))]
    table = make.table([*records, _method(make, "a", 0.8, 0.6)])
    assert _cells(table, "methods", "residual") == {"erm": pytest.approx(1.0), "a": pytest.approx(0.25)}


def test_no_residual_without_a_baseline_that_leaves_something(make: SimpleNamespace) -> None:
    other = _method(make, "a", 0.8, 0.6)
    touching = make.record("erm", 0, decodability=(0.52, 0.5, 0.54))
    unknown = make.record("erm", 0, decodability=(0.9, None, None))
    for records in ([other], [other, touching], [other, unknown], [other, _method(make, "erm", 0.8, None)]):
        assert _cells(make.table(records), "methods", "residual")["a"] is None
    apart = _method(make, "erm", 0.8, 0.9, reference=True)
    assert _cells(make.table([other, apart]), "methods", "residual")["a"] is None


def test_of_several_baselines_the_one_that_diagnoses_best(make: SimpleNamespace) -> None:
    records = [
        _method(make, "erm", auroc, decodability, hyperparameters={"lr": lr})
        for lr, auroc, decodability in ((0.1, 0.7, 0.6), (0.2, 0.8, 0.9))
    ]
    assert _cells(make.table(records), "methods", "residual") == {
        "erm (lr=0.1)": pytest.approx(0.25),
        "erm (lr=0.2)": pytest.approx(1.0),
    }


def test_reference_methods_are_ranked_with_nobody(make: SimpleNamespace) -> None:
    best = _method(make, "reader", 0.99, 0.51, reference=True, also=make.removal({0.05: 1.0}))
    late = _method(make, "late", 0.9, 0.8, reference=True, uses_race="test")
    table = make.table([_method(make, "erm", 0.84, 0.90), _method(make, "a", 0.8, 0.6), best, late])
    assert [(row.method, row.pareto) for row in table.ranked] == [("a", True), ("erm", True)]
    assert [section.name for section in table.sections()] == ["methods", "references"]
    assert _cells(table, "references", "auroc")["reader"] == Estimate(0.99, pytest.approx(0.96), pytest.approx(1.02))
    assert _cells(table, "references", "pareto")["reader"] is None
    assert _cells(table, "references", "removal")["reader"] == "yes (δ=.05)"
    assert _cells(table, "references", "residual")["reader"] == pytest.approx(0.025)
    assert list(_cells(table, "references", "seeds")) == ["untrained network", "permuted groups", "late", "reader"]
    references = table.sections()[-1]
    assert not any(any(line.best) for line in references.lines)
    # Nor is anything else marked best because of them.
    assert not any(line.best[_POSITION["removal"]] for section in table.sections() for line in section.lines)
    assert table.records == 4


def test_a_table_of_reference_methods_alone(make: SimpleNamespace) -> None:
    table = make.table([_method(make, "reader", 0.8, 0.95, reference=True)])
    assert [section.name for section in table.sections()] == ["references"]
    assert dict(table.references)["untrained network"]["decodability"].mean == 0.6


def test_leace_is_the_baselines_or_none(make: SimpleNamespace) -> None:
    of = {"attribute": "race", "layer": "features", "reference": "leace"}
    records = [
        make.record(name, also=[make.score("decodability", make.around(value, 0.01), **of)])
        for name, value in (("a", 0.6), ("erm", 0.7))
    ]
    references = dict(make.table(records).references)
    assert references["LEACE on ERM"]["decodability"].mean == 0.7
    assert references["LEACE on ERM"]["residual"] == pytest.approx(0.5)
    assert "LEACE on ERM" not in dict(make.table(records[:1]).references)
    assert "residual" not in references["permuted groups"]


def test_counts(make: SimpleNamespace) -> None:
    table = make.table([make.record("erm", seed) for seed in range(3)])
    assert (table.records, table.patients, table.images) == (3, 300, 400)
    assert table.name == "cxr on phantom (synthetic data)"
