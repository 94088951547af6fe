from types import SimpleNamespace

import pytest

from bench.leaderboard.rows import entries, rows


def _labels(records: list) -> list[tuple[str, str]]:
    return [(row.method, row.setting) for row in rows(entries(records))[0]]


def test_seeds_of_one_setting_share_a_row_in_order(make: SimpleNamespace) -> None:
    records = [make.record("erm", seed) for seed in (2, 0, 1)] + [make.record("adversarial")]
    found, notices = rows(entries(records))
    assert [(row.method, row.setting, [entry.run.seed for entry in row.entries]) for row in found] == [
        ("adversarial", "", [0]),
        ("erm", "", [0, 1, 2]),
    ]
    assert notices == []


def test_settings_are_told_apart_by_what_differs(make: SimpleNamespace) -> None:
    same = {"conditional": True, "warmup": 100}
    records = [
        make.record("adversarial", hyperparameters={**same, "strength": 1.0, "kind": "a"}),
        make.record("adversarial", hyperparameters={**same, "strength": 12.345678, "kind": "b"}),
        make.record("erm", hyperparameters={"x": 1.0}),
    ]
    assert _labels(records) == [
        ("adversarial", "kind=a, strength=1"),
        ("adversarial", "kind=b, strength=12.3"),
        ("erm", ""),
    ]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"s": 1.0}, {"s": 1.0000000001}, ["s=1.0", "s=1.0000000001"]),
        ({"s": 0.1}, {"s": 0.3}, ["s=0.1", "s=0.3"]),
        ({"s": 0.12345}, {"s": 0.12346}, ["s=0.12345", "s=0.12346"]),
        ({"s": True}, {"s": False}, ["s=false", "s=true"]),
        ({"s": 1.0}, {}, ["", "s=1"]),
    ],
)
def test_as_many_digits_as_it_takes(make: SimpleNamespace, a: dict, b: dict, expected: list[str]) -> None:
    found = [setting for _, setting in _labels([make.record("m", hyperparameters=h) for h in (a, b)])]
    assert found == expected


def test_a_whole_number_and_the_same_float_are_one_setting(make: SimpleNamespace) -> None:
    records = [make.record("m", seed, hyperparameters={"s": s}) for seed, s in enumerate((1, 1.0))]
    records.append(make.record("m", 2, hyperparameters={"s": True}))
    assert _labels(records) == [("m", "s=1"), ("m", "s=true")]


def test_two_versions_of_the_code_are_two_rows(make: SimpleNamespace) -> None:
    records = [make.record("m", code="a" * 64), make.record("m", code="b" * 64)]
    assert _labels(records) == [("m", "code aaaaaaa"), ("m", "code bbbbbbb")]
    versions = (("a" * 64, 1), ("b" * 64, 1), ("b" * 64, 2))
    records = [make.record("m", code=code, hyperparameters={"s": s}) for code, s in versions]
    assert _labels(records) == [("m", "s=1, code aaaaaaa"), ("m", "s=1, code bbbbbbb"), ("m", "s=2, code bbbbbbb")]
    records = [make.record("m", code=code, hyperparameters={"s": 0.1 * s}) for code, s in versions]
    assert _labels(records)[0] == ("m", "s=0.1, code aaaaaaa")


def test_two_runs_of_one_seed_are_not_two_seeds(make: SimpleNamespace) -> None:
    old = make.record("erm", 0, id="old", created="2026-01-01T00:00:00Z")
    new = make.record("erm", 0, id="new", created="2026-02-01T00:00:00Z")
    for records in ([old, new], [new, old]):
        found, notices = rows(entries(records))
        assert [entry.run.id for entry in found[0].entries] == ["new"]
        assert len(notices) == 1
        assert "old" in notices[0]
        assert "new" in notices[0]


def test_a_reference_is_what_its_method_says(make: SimpleNamespace) -> None:
    found, _ = rows(entries([make.record("reader", reference=True), make.record("erm")]))
    assert {row.method: row.reference for row in found} == {"erm": False, "reader": True}
