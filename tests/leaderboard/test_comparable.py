from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.leaderboard.comparable import Key, by_key, of_several_versions, scored_on_test

_DIFFERENT = {
    "task": "mammo",
    "dataset": "chexpert",
    "synthetic": False,
    "fingerprint": "0" * 64,
    "split_fingerprint": "0" * 64,
    "suite_version": 2,
    "protected": "sex",
    "image_size": 224,
    "backbone": "densenet121",
    "trainer": {"max_epochs": 9, "batch_size": 128, "precision": "32"},
}


@pytest.mark.parametrize("field", _DIFFERENT)
def test_each_of_these_keeps_records_apart(make: SimpleNamespace, field: str) -> None:
    one, other = Key.of(make.record()), Key.of(make.record(**{field: _DIFFERENT[field]}))
    assert one != other
    assert one.digest != other.digest


def test_method_seed_and_order_of_the_budget_do_not(make: SimpleNamespace) -> None:
    budget = {"precision": "32", "batch_size": 128, "max_epochs": 8}
    assert Key.of(make.record()) == Key.of(make.record("adversarial", 7, trainer=budget))


@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), st.integers(1, 2), st.booleans()), min_size=1, max_size=12))
def test_keys_never_mix(make: SimpleNamespace, kinds: list[tuple[str, int, bool]]) -> None:
    records = [
        make.record(seed=i, dataset=name, suite_version=version, synthetic=synthetic, id=str(i))
        for i, (name, version, synthetic) in enumerate(kinds)
    ]
    places = by_key(records)
    seen = []
    for (task, dataset), tables in places.items():
        assert [len(members) for _, members in tables] == sorted((len(m) for _, m in tables), reverse=True)
        for key, members in tables:
            assert {Key.of(record) for record in members} == {key}
            assert (key.task, key.dataset) == (task, dataset)
            seen += [record.id for record in members]
    assert sorted(seen) == sorted(record.id for record in records)
    assert by_key(records[::-1]).keys() == places.keys()
    for place, tables in by_key(records[::-1]).items():
        assert [key for key, _ in tables] == [key for key, _ in places[place]]


def test_of_equally_many_the_newest_goes_first(make: SimpleNamespace) -> None:
    old = make.record(created="2026-01-01T00:00:00Z")
    new = make.record(created="2026-03-01T00:00:00Z", suite_version=2)
    for records in ([old, new], [new, old]):
        assert [key.suite_version for key, _ in by_key(records)["cxr", "phantom"]] == [2, 1]


def test_only_test_scores_and_each_id_once(make: SimpleNamespace) -> None:
    trial = make.record("trial", scored=("val",))
    run = make.record("erm")
    assert scored_on_test([trial, run, run]) == [run]


def test_of_copies_of_one_run_the_one_of_the_newest_suite_counts(make: SimpleNamespace) -> None:
    new = make.record(id="a", suite_version=1, created="2026-01-01T00:00:00Z")
    old = make.record(id="a", suite_version=0, created="2026-02-01T00:00:00Z")
    later = make.record(id="a", suite_version=1, created="2026-03-01T00:00:00Z")
    assert scored_on_test([new, old]) == scored_on_test([old, new]) == [new]
    assert scored_on_test([new, later, old]) == scored_on_test([later, new, old]) == [later]


def test_several_versions_are_named_with_the_way_out(make: SimpleNamespace) -> None:
    old = [make.record(name, suite_version=0) for name in ("erm", "adversarial")]
    new = make.record("erm", suite_version=1)
    (tables,) = by_key([*old, new]).values()
    notice = of_several_versions(tables)
    assert "version 0: 2, version 1: 1" in notice
    assert "up to version 1" in notice
    assert "bench run -m method=adversarial,erm task=cxr" in notice
    assert "not trained again" in notice
    (tables,) = by_key(old).values()
    assert of_several_versions(tables) is None
