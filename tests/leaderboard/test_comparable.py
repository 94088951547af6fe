from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.leaderboard.comparable import Key, by_key, of_several_versions
from bench.leaderboard.rows import entries
from bench.records import Record

_DIFFERENT = {
    "task": "mammo",
    "dataset": "chexpert",
    "synthetic": False,
    "fingerprint": "0" * 64,
    "split_fingerprint": "0" * 64,
    "suite_version": 2,
    "scoring_version": 2,
    "unit": "study",
    "protected": "sex",
    "image_size": 224,
    "backbone": "densenet121",
    "trainer": {"max_epochs": 9, "batch_size": 128, "precision": "32"},
}


def _key(make: SimpleNamespace, *arguments: object, **fields: object) -> Key:
    return Key.of(make.entry(make.record(*arguments, **fields)))


@pytest.mark.parametrize("field", _DIFFERENT)
def test_each_of_these_keeps_records_apart(make: SimpleNamespace, field: str) -> None:
    one, other = _key(make), _key(make, **{field: _DIFFERENT[field]})
    assert one != other
    assert one.digest != other.digest


def test_method_seed_and_order_of_the_budget_do_not(make: SimpleNamespace) -> None:
    budget = {"precision": "32", "batch_size": 128, "max_epochs": 8}
    assert _key(make) == _key(make, "adversarial", 7, trainer=budget)


@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), st.integers(1, 2), st.booleans()), min_size=1, max_size=12))
def test_keys_never_mix(make: SimpleNamespace, kinds: list[tuple[str, int, bool]]) -> None:
    records = [
        make.record(seed=i, dataset=name, suite_version=version, synthetic=synthetic, id=str(i))
        for i, (name, version, synthetic) in enumerate(kinds)
    ]
    found = entries(records)
    places = by_key(found)
    seen = []
    for (task, dataset), tables in places.items():
        assert [len(members) for _, members in tables] == sorted((len(m) for _, m in tables), reverse=True)
        for key, members in tables:
            assert {Key.of(entry) for entry in members} == {key}
            assert (key.task, key.dataset) == (task, dataset)
            seen += [entry.run.id for entry in members]
    assert sorted(seen) == sorted(record.run.id for record in records)
    assert by_key(found[::-1]).keys() == places.keys()
    for place, tables in by_key(found[::-1]).items():
        assert [key for key, _ in tables] == [key for key, _ in places[place]]


def test_of_equally_many_the_newest_goes_first(make: SimpleNamespace) -> None:
    old = make.record(created="2026-01-01T00:00:00Z")
    new = make.record(created="2026-03-01T00:00:00Z", suite_version=2)
    for records in ([old, new], [new, old]):
        tables = by_key([make.entry(record) for record in records])["cxr", "phantom"]
        assert [key.suite_version for key, _ in tables] == [2, 1]


def test_only_test_scores_and_each_id_once(make: SimpleNamespace) -> None:
    trial = make.record("trial", scored=("val",))
    run = make.record("erm")
    assert entries([trial, run, run]) == [make.entry(run)]


def test_of_copies_of_one_file_the_one_made_last_counts(make: SimpleNamespace) -> None:
    first = make.record(id="a", created="2026-01-01T00:00:00Z")
    later = make.record(id="a", created="2026-03-01T00:00:00Z")
    assert entries([first, later]) == entries([later, first]) == [make.entry(later)]


@pytest.mark.parametrize(("field", "values"), [("suite_version", (1, 2)), ("scoring_version", (1, 2))])
def test_versions_of_one_run_have_a_table_each(make: SimpleNamespace, field: str, values: tuple[int, int]) -> None:
    """No version takes the other's place, be they in one folder or in two copies of it, whichever was made last."""
    one, two = (make.record(id="a", created=f"2026-0{3 - value}-01T00:00:00Z", **{field: value}) for value in values)
    for records in ([one, two], [Record(one.run, (*one.files, *two.files))]):
        (tables,) = by_key(entries(records)).values()
        found = {getattr(key, field): [entry.test for entry in members] for key, members in tables}
        assert found == {values[0]: [one.files[1]], values[1]: [two.files[1]]}


def test_several_versions_are_named_with_the_way_out(make: SimpleNamespace) -> None:
    old = [make.record(name, suite_version=0) for name in ("erm", "adversarial")]
    new = make.record("erm", 1, suite_version=1)
    (tables,) = by_key(entries([*old, new])).values()
    notice = of_several_versions(tables)
    assert notice is not None
    assert "version 0: 2, version 1: 1" in notice
    assert "up to version 1" in notice
    assert "bench score task=cxr scoring.suites=[1] (of adversarial, erm)" in notice
    assert "not trained again" in notice
    (tables,) = by_key(entries(old)).values()
    assert of_several_versions(tables) is None


def test_a_run_that_has_the_newest_version_too_need_not_be_brought_up(make: SimpleNamespace) -> None:
    erm, other = (make.record(name, suite_version=1) for name in ("erm", "adversarial"))
    newer = make.record("erm", suite_version=2)
    both = Record(erm.run, (*erm.files, *newer.files))
    (tables,) = by_key(entries([both, other])).values()
    assert "(of adversarial)" in str(of_several_versions(tables))
    (tables,) = by_key(entries([both])).values()
    assert of_several_versions(tables) is None
