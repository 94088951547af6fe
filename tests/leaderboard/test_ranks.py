"""Which rows are ranked and how: known answers on made-up records with made-up influence values."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bench.leaderboard.table import Table
from bench.records import Record
from bench.statistics.pairing import SeedValues, paired
from bench.statistics.ranking import front_share, rank
from tests.leaderboard.boards import MadeUp, method, notices, with_influence
from tests.leaderboard.conftest import table as board
from tests.statistics.crossed import SMALL

_ALL = (0, 1, 2, 3, 4)
#: An AUROC that is known to a thousandth or so.
_STEADY = replace(SMALL, shared=0.05, own=0.015, single=0.01, start=0.005, training=0.0005)


def _board(*methods: Sequence[Record], seeds: Sequence[int] = (0, 1)) -> Table:
    return board([record for records in methods for record in records], seeds)


def _standings(table: Table) -> dict[str, tuple[str, str]]:
    return {row.method: (row.standing.section, row.standing.reason) for row in table.rows}


@pytest.fixture(scope="module")
def world() -> dict[str, dict[str, SeedValues]]:
    """Five rows that share patients and seeds, erm the first."""
    rng = np.random.default_rng(0)
    names = ("erm", "a", "b", "c", "d")
    decodability = SMALL.draw([0.78, 0.66, 0.66, 0.70, 0.60], rng)
    auroc = _STEADY.draw([0.80, 0.797, 0.801, 0.80, 0.75], rng)
    brier = _STEADY.draw([0.2, 0.2, 0.21, 0.19, 0.2], rng)
    return {
        name: {"auroc": auroc[i], "decodability": decodability[i], "brier": brier[i]} for i, name in enumerate(names)
    }


def _records(world: dict[str, dict[str, SeedValues]], **more: dict[str, object]) -> list[MadeUp]:
    return [record for name, found in world.items() for record in with_influence(name, found, **more.get(name, {}))]


def test_differences_are_those_of_pairs(world: dict[str, dict[str, SeedValues]]) -> None:
    table = board(_records(world), _ALL)
    for row in table.rows:
        if row.method == "erm":
            assert row.standing.baseline
            assert row.standing.differences == {}
            continue
        assert not row.standing.baseline
        for key, found in row.standing.differences.items():
            assert found.pairs == 5
            expected = paired(world[row.method][key], world["erm"][key])
            assert found.difference.estimate == pytest.approx(expected.estimate)
            assert found.difference.low == pytest.approx(expected.low)
            assert found.difference.high == pytest.approx(expected.high)
            assert found.difference.standard_error < found.difference.independent_error
        assert set(row.standing.differences) == {"auroc", "decodability", "brier"}


def test_claims_are_corrected_over_rows_and_both_scores(world: dict[str, dict[str, SeedValues]]) -> None:
    """Eight p-values: of four rows, the one that lost the diagnosis among them, in two scores; Brier claims nothing."""
    table = board(_records(world), _ALL)
    found = [
        row.standing.differences[key]
        for row in table.rows
        if not row.standing.baseline
        for key in ("auroc", "decodability")
    ]
    smallest = min(found, key=lambda one: one.difference.p)
    assert smallest.p == pytest.approx(8 * smallest.difference.p)
    assert all(one.p is not None and one.p >= one.difference.p and one.sure == (one.p <= 0.05) for one in found)
    assert {one.sure for one in found} == {True, False}
    assert all(
        row.standing.differences["brier"].p is None and row.standing.differences["brier"].sure is None
        for row in table.rows
        if not row.standing.baseline
    )


def test_classes_and_shares_are_those_of_the_ranked_rows(world: dict[str, dict[str, SeedValues]]) -> None:
    table = board(_records(world, c={"uses_race": "test"}), _ALL)
    assert _standings(table)["d"][0] == "diagnosis lost"
    ranked = table.of("methods")
    assert sorted(row.method for row in ranked) == ["a", "b", "erm"]
    names = ["a", "b", "erm"]
    down, up = ([world[name][key] for name in names] for key in ("decodability", "auroc"))
    places = {names[place.row]: place for place in rank(down, "down")}
    shares = dict(zip(names, front_share(down, up), strict=True))
    for row in ranked:
        assert row.standing.tie_class == places[row.method].tie_class
        assert row.standing.may_be_best == places[row.method].may_be_best
        assert row.standing.front == pytest.approx(shares[row.method], abs=0.01)
    # Who sees race at test time is ranked with its like.
    (apart,) = table.of("race at test")
    assert (apart.standing.tie_class, apart.standing.front) == (1, 1.0)


def test_order_is_by_claim_then_class_then_auroc(make: SimpleNamespace) -> None:
    table = _board(
        method("erm", 0.84, 0.90),
        method("low", 0.835, 0.600),
        method("tied, better", 0.838, 0.601),
        method("higher", 0.845, 0.70),
        method("claims", 0.83, 0.75, also=make.removal({0.03: 0.0, 0.05: 1.0})),
        method("claims more", 0.83, 0.76, also=make.removal({0.03: 1.0, 0.05: 1.0})),
        method("claims in vain", 0.83, 0.55, also=make.removal({0.05: 1.0}), flags=("BLIND",)),
    )
    assert [(row.method, row.standing.tie_class) for row in table.of("methods")] == [
        ("claims more", 5),
        ("claims", 4),
        ("claims in vain", 1),
        ("tied, better", 2),
        ("low", 2),
        ("higher", 3),
        ("erm", 6),
    ]


def test_a_one_seed_row_is_never_ranked() -> None:
    table = _board(method("erm", 0.84, 0.9, seeds=_ALL), method("once", 0.99, 0.5, seeds=(3,)), seeds=_ALL)
    assert _standings(table) == {"erm": ("methods", ""), "once": ("incomplete", "lacks seeds 0, 1, 2, 4")}
    (once,) = table.of("incomplete")
    # Compared on the one pair, it says for how many; of it nothing is claimed.
    difference = once.standing.differences["decodability"]
    assert (difference.pairs, difference.difference.patients_alone, difference.sure) == (1, True, None)
    alone = _board(method("erm", 0.84, 0.9, seeds=(0,)), method("once", 0.99, 0.5, seeds=(0,)), seeds=_ALL)
    assert alone.of("methods") == ()
    assert alone.resolution is None


def test_a_row_that_loses_five_points_of_auroc_is_never_ranked() -> None:
    table = _board(
        method("erm", 0.84, 0.9), method("blur", 0.79, 0.5), method("late blur", 0.79, 0.5, uses_race="test")
    )
    assert [row.method for row in table.of("methods")] == ["erm"]
    assert [row.method for row in table.of("diagnosis lost")] == ["blur", "late blur"]
    _, reason = _standings(table)["blur"]
    assert reason.startswith("AUROC may be 0.05")
    assert reason.endswith(" below erm's")


def test_no_removal_is_claimed_where_the_diagnosis_is_lost(make: SimpleNamespace) -> None:
    granted = make.removal({0.05: 1.0})
    table = _board(
        method("erm", 0.84, 0.9), method("blur", 0.79, 0.5, also=granted), method("good", 0.84, 0.5, also=granted)
    )
    claims = {row.method: str(row.standing.claim) for row in table.rows}
    assert (claims["blur"], claims["good"]) == ("diagnosis lost", "yes (δ=.05)")


def test_the_diagnosis_is_kept_when_that_is_shown() -> None:
    """The lower limit decides: a small loss that may be a large one is none that was kept."""
    table = _board(
        method("erm", 0.84, 0.9),
        method("small loss", 0.83, 0.6),
        method("just beyond", 0.8205, 0.6),
        method("little known", 0.84, 0.6, error=0.03),
    )
    assert {name: section for name, (section, _) in _standings(table).items()} == {
        "erm": "methods",
        "small loss": "methods",
        "just beyond": "diagnosis lost",
        "little known": "diagnosis lost",
    }


def test_the_baseline_is_chosen_on_validation_patients(make: SimpleNamespace) -> None:
    settings = [(0.1, 0.90, 0.60), (0.2, 0.80, 0.75), (0.3, 0.85, 0.70)]
    records = [
        record
        for lr, test, val in settings
        for record in method("erm", test, 0.5 + lr, val=val, hyperparameters={"lr": lr})
    ]
    once = method("erm", 0.8, 0.9, val=0.99, hyperparameters={"lr": 0.4}, seeds=(0,))
    table = _board(records, once)
    assert [row.setting for row in table.rows if row.standing.baseline] == ["lr=0.2"]
    assert table.baseline is not None
    assert table.baseline.setting == "lr=0.2"
    assert "Of 4 settings of erm, lr=0.2 is the one" in notices([*records, *once])
    # The better one on test patients is compared with it like any other row.
    (better,) = [row for row in table.rows if row.setting == "lr=0.1"]
    assert better.standing.differences["auroc"].difference.estimate == pytest.approx(0.1)
    assert better.standing.residual == pytest.approx(0.5, abs=1e-3)


def test_records_without_influence_values_are_not_compared_and_say_so_once(make: SimpleNamespace) -> None:
    bare = [make.record("converted", seed) for seed in (0, 1)]
    other = [make.record("another", seed) for seed in (0, 1)]
    records = [*method("erm", 0.84, 0.9), *bare, *other]
    table = board(records)
    assert _standings(table)["converted"] == ("not compared", "no influence values")
    assert all(row.standing.differences == {} for row in table.of("not compared"))
    said = notices(records)
    assert said.count("no influence values") == 1
    assert "another, converted" in said
    assert "bench score" in said
    # Nothing can be held against a baseline that has none.
    (found,) = {_standings(board([*method("a", 0.84, 0.9), *(make.record("erm", s) for s in (0, 1))]))["a"]}
    assert found == ("not compared", "erm: no influence values")


def test_without_a_whole_baseline_nobody_is_ranked() -> None:
    some = method("a", 0.84, 0.6)
    assert _standings(_board(some)) == {"a": ("not compared", "no erm to compare with")}
    table = _board(some, method("erm", 0.84, 0.9, seeds=(1,)))
    assert _standings(table) == {
        "a": ("not compared", "erm: lacks seed 0"),
        "erm": ("incomplete", "lacks seed 0"),
    }
    assert "No row is ranked" in notices([*some, *method("erm", 0.84, 0.9, seeds=(1,))])
    # Pairs of equal seeds are compared all the same.
    (a,) = table.of("not compared")
    assert a.standing.differences["auroc"].pairs == 1


def test_features_that_do_not_hold_the_diagnosis_win_nothing() -> None:
    table = _board(
        method("erm", 0.84, 0.90),
        method("constant", 0.84, 0.50, flags=("INSUFFICIENT", "features: CONSTANT_FEATURES")),
        method("honest", 0.835, 0.70),
    )
    assert [row.method for row in table.of("methods")] == ["honest", "erm"]
    assert _standings(table)["constant"] == ("not compared", "its features do not hold the diagnosis")


def test_a_score_that_a_seed_lacks_ranks_nobody() -> None:
    table = _board(method("erm", 0.84, 0.9), method("unread", 0.84, None))
    assert _standings(table)["unread"] == ("not compared", "no decodability in some seed")


def test_three_equal_best_stand_in_one_class_on_most_boards() -> None:
    """Twelve rows through the whole of the board; the 1,000 boards of it are those of tests.proofs.ranking_table."""
    truths, rng = SMALL.board()[::1], np.random.default_rng(3)
    names = [*(f"m{i:02d}" for i in range(11)), "erm"]
    together, out = [], []
    for _ in range(12):
        decodability, auroc = SMALL.draw(truths, rng), _STEADY.draw(np.full(12, 0.8), rng)
        rows = [
            with_influence(name, {"auroc": a, "decodability": d, "brier": a})
            for name, a, d in zip(names, auroc, decodability, strict=True)
        ]
        table = _board(*rows, seeds=_ALL)
        assert len(table.of("methods")) == 12
        classes = {row.method: row.standing.tie_class for row in table.rows}
        together.append({classes[name] for name in names[:3]} == {1})
        out.append(classes["m03"] != 1)
    assert np.mean(together) > 0.7
    assert np.mean(out) > 0.7
