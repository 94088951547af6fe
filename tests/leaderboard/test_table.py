from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest

from bench.leaderboard.columns import COLUMNS
from bench.leaderboard.table import Section, Table
from bench.statistics.pooling import Estimate
from tests.leaderboard.boards import MadeUp, method
from tests.leaderboard.conftest import table as board

_POSITION = {column.key: i for i, column in enumerate(COLUMNS)}


def _board(*methods: Sequence[MadeUp]) -> Table:
    return board([record for records in methods for record in records])


def _section(table: Table, name: str) -> Section:
    (found,) = [section for section in table.sections() if section.name == name]
    return found


def _cells(table: Table, section: str, key: str) -> dict[str, object]:
    return {str(line.cells[0]): line.cells[_POSITION[key]] for line in _section(table, section).lines}


def _marks(table: Table, section: str, key: str) -> dict[str, bool]:
    return {str(line.cells[0]): line.best[_POSITION[key]] for line in _section(table, section).lines}


def test_sections_in_their_order_with_titles() -> None:
    table = _board(
        method("erm", 0.84, 0.9),
        method("late", 0.99, 0.5, uses_race="test"),
        method("blur", 0.79, 0.5),
        method("once", 0.84, 0.5, seeds=(1,)),
        method("unread", 0.84, None),
        method("reader", 0.5, 0.97, reference=True),
    )
    assert [(section.name, section.title) for section in table.sections()] == [
        ("methods", "Methods"),
        ("race at test", "Ranked apart: given race at test time"),
        ("diagnosis lost", "Not ranked: diagnosis lost"),
        ("incomplete", "Not ranked: incomplete"),
        ("not compared", "Not ranked: no valid comparison"),
        ("references", "References"),
    ]
    assert [[str(line.cells[0]) for line in section.lines] for section in table.sections()] == [
        ["erm"],
        ["late"],
        ["blur"],
        ["once"],
        ["unread"],
        ["untrained network", "permuted groups", "reader"],
    ]


def test_the_best_of_each_column_is_marked_ties_included() -> None:
    table = _board(method("erm", 0.8401, 0.6), method("b", 0.8404, 0.9), method("c", 0.83, 0.8))
    assert _marks(table, "methods", "auroc") == {"erm": True, "b": True, "c": False}
    assert _marks(table, "methods", "decodability") == {"erm": True, "b": False, "c": False}
    # The same everywhere: no best. And differences have marks of their own.
    for key in ("worst_auroc", "method", "auroc_difference", "decodability_difference", "front"):
        assert not any(_marks(table, "methods", key).values())


def test_what_is_not_ranked_has_no_bold_class_share_or_mark() -> None:
    table = _board(
        method("erm", 0.84, 0.9),
        method("honest", 0.84, 0.7),
        method("once", 0.99, 0.51, seeds=(0,)),
        method("blur", 0.79, 0.5),
        method("other blur", 0.78, 0.49),
        method("twin", 0.98, 0.52, seeds=(1,)),
        method("constant", 0.84, 0.5, flags=("INSUFFICIENT",)),
    )
    for section in table.sections()[1:]:
        assert not any(any(line.best) for line in section.lines)
        for key in ("tie_class", "may_be_best", "front"):
            assert all(line.cells[_POSITION[key]] is None for line in section.lines)
    assert _marks(table, "methods", "decodability") == {"honest": True, "erm": False}
    assert _cells(table, "incomplete", "decodability_difference")["once"].sure is None
    assert _cells(table, "incomplete", "not_ranked") == {"once": "lacks seed 1", "twin": "lacks seed 0"}
    # That a network which lost the diagnosis holds less of race is true and may be said.
    assert _cells(table, "diagnosis lost", "decodability_difference")["blur"].sure


def test_a_gap_is_best_when_small(make: SimpleNamespace) -> None:
    def with_gap(name: str, gap: float) -> list[MadeUp]:
        records = []
        for record in method(name, 0.8, 0.8):
            rest = [s for s in make.of_record(record) if s.metric != "equalized_odds_difference"]
            more = make.score("equalized_odds_difference", make.around(gap, 0.01), target="macro", attribute="race")
            files = make.rescored(record, [*rest, more]).files
            records.append(MadeUp(record.run, files, None, record.values))
        return records

    table = _board(with_gap("erm", 0.2), with_gap("b", 0.05))
    assert _marks(table, "methods", "equalized_odds_difference") == {"erm": False, "b": True}


def test_hiding_rows_changes_nothing_of_the_others() -> None:
    methods = [method(f"m{i}", 0.84 - 0.001 * i, 0.6 + 0.004 * i) for i in range(8)]
    table = _board(method("erm", 0.84, 0.9), *methods, method("late", 0.9, 0.8, uses_race="test"))
    whole = {line.cells[0]: line for section in table.sections() for line in section.lines}
    assert len({line.cells[_POSITION["tie_class"]] for line in whole.values()}) > 2
    rng = np.random.default_rng(0)
    for _ in range(10):
        kept = {row.method for row in table.rows if rng.random() < 0.5}
        sections = table.sections(lambda row, kept=kept: row.method in kept)  # type: ignore[misc]
        lines = [line for section in sections for line in section.lines]
        assert {line.row.method for line in lines if line.row is not None} == kept
        assert all(line == whole[line.cells[0]] for line in lines)


def test_residual_is_taken_seed_by_seed_and_then_averaged(make: SimpleNamespace) -> None:
    of_seed = {0: (0.9, 0.7), 1: (0.6, 0.55)}
    records = [
        make.record(name, seed, decodability=make.around(values[i], 0.02))
        for seed, values in of_seed.items()
        for i, name in enumerate(("erm", "a"))
    ]
    # .2/.4 and .05/.1, where the means would give .125/.25; then seeds that give .5 and .25.
    assert _cells(board(records), "not compared", "residual") == {"a": pytest.approx(0.5), "erm": pytest.approx(1.0)}
    records[-1] = make.record("a", 1, decodability=make.around(0.525, 0.02))
    assert _cells(board(records), "not compared", "residual")["a"] == pytest.approx(0.375)
    # Over the seeds that both have.
    assert _cells(board(records[:-1]), "incomplete", "residual")["a"] == pytest.approx(0.5)


def test_residual_of_every_section() -> None:
    table = _board(
        method("erm", 0.84, 0.9),
        method("a", 0.84, 0.6),
        method("late", 0.84, 0.7, uses_race="test"),
        method("reader", 0.5, 0.98, reference=True),
    )
    assert _cells(table, "methods", "residual") == {"erm": 1.0, "a": pytest.approx(0.25, abs=1e-3)}
    assert _cells(table, "race at test", "residual") == {"late": pytest.approx(0.5, abs=1e-3)}
    assert _cells(table, "references", "residual")["reader"] == pytest.approx(1.2, abs=1e-3)
    assert _marks(table, "methods", "residual") == {"erm": False, "a": True}


@pytest.mark.parametrize(
    "decodability", [(0.52, 0.5, 0.54), (0.9, None, None), (None, None, None)], ids=["touches", "unknown", "none"]
)
def test_no_residual_where_the_baseline_may_leave_nothing(make: SimpleNamespace, decodability: tuple) -> None:
    """In one of its seeds, that is: a share of noise would be averaged in."""
    records = [make.record("erm", 0), make.record("erm", 1, decodability=decodability)]
    records += [make.record("a", seed, decodability=make.around(0.6, 0.02)) for seed in (0, 1)]
    assert _cells(board(records), "not compared", "residual")["a"] is None


def test_no_residual_without_a_baseline(make: SimpleNamespace) -> None:
    other = make.record("a")
    apart = make.record("erm", reference=True)
    for records in ([other], [other, apart]):
        assert _cells(board(records), "incomplete", "residual")["a"] is None


def test_references_are_the_baselines(make: SimpleNamespace) -> None:
    untrained = {"erm": 0.6, "a": 0.7}
    records = [
        make.record(name, scores=make.scores((0.8, 0.7, 0.9), (0.9, 0.8, 1.0), untrained=make.around(value, 0.01)))
        for name, value in untrained.items()
    ]
    references = dict(board(records).references)
    assert references["untrained network"] == {
        "decodability": Estimate(0.6, pytest.approx(0.59), pytest.approx(0.61)),
        "residual": pytest.approx(0.25),
    }
    assert references["permuted groups"] == {"decodability_features": Estimate(0.5, 0.46, 0.54)}
    assert dict(board(records[1:]).references)["untrained network"]["decodability"].mean == 0.7


def test_reference_methods_are_ranked_with_nobody(make: SimpleNamespace) -> None:
    best = method("reader", 0.99, 0.51, reference=True, also=make.removal({0.05: 1.0}))
    late = method("late", 0.9, 0.8, reference=True, uses_race="test")
    table = _board(method("erm", 0.84, 0.90), method("a", 0.84, 0.6), best, late)
    assert [(row.method, row.standing.tie_class) for row in table.of("methods")] == [("a", 1), ("erm", 2)]
    assert [section.name for section in table.sections()] == ["methods", "references"]
    assert _cells(table, "references", "auroc")["reader"].mean == pytest.approx(0.99, abs=1e-3)
    for key in ("front", "tie_class", "not_ranked"):
        assert _cells(table, "references", key)["reader"] is None
    assert _cells(table, "references", "removal")["reader"] == "yes (δ=.05)"
    # How it differs from the baseline is shown, and nothing is claimed of it.
    difference = _cells(table, "references", "decodability_difference")["reader"]
    assert difference.difference.estimate == pytest.approx(-0.39)
    assert difference.sure is None
    assert list(_cells(table, "references", "seeds")) == ["untrained network", "permuted groups", "late", "reader"]
    assert not any(any(line.best) for line in table.sections()[-1].lines)
    assert table.records == 8


def test_a_table_of_reference_methods_alone(make: SimpleNamespace) -> None:
    table = board([make.record("reader", reference=True)])
    assert [section.name for section in table.sections()] == ["references"]
    assert dict(table.references)["untrained network"]["decodability"].mean == 0.6


def test_leace_is_the_baselines_or_none(make: SimpleNamespace) -> None:
    of = {"attribute": "race", "layer": "network", "reference": "leace"}
    records = [
        make.record(name, also=[make.score("decodability", make.around(value, 0.01), **of)])
        for name, value in (("a", 0.6), ("erm", 0.7))
    ]
    references = dict(board(records).references)
    assert references["LEACE on ERM"]["decodability"].mean == 0.7
    assert references["LEACE on ERM"]["residual"] == pytest.approx(0.5)
    assert "LEACE on ERM" not in dict(board(records[:1]).references)
    assert "residual" not in references["permuted groups"]


def test_counts(make: SimpleNamespace) -> None:
    table = board([make.record("erm", seed) for seed in range(2)])
    assert (table.records, table.patients, table.units) == (2, 300, 400)
    assert table.scored == "400 images of 300 test patients"
    assert board([make.record(unit="study")]).scored == "400 studies of 300 test patients"
    assert table.name == "cxr on phantom (synthetic data)"
