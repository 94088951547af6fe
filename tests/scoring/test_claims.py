import pytest

from bench.leaderboard.rows import Entry
from bench.records import Record
from bench.scoring.claims import Claim, claim_of, short
from tests.leaderboard import conftest as make


def claim(seeds: list[Entry]) -> Claim | None:
    """The claim over the seeds of a method."""
    return claim_of([(entry.test.find, entry.test.flags) for entry in seeds])


_LITTLE = "underpowered: too few patients"
_UNSEEN = "unseen: a linear signal in features is seen from 0.700 on"
_LOST = "diagnosis lost: its AUROC is not above chance"
_BAD = "unreliable: a control failed"
_YES = {0.02: 0.0, 0.03: 1.0, 0.05: 1.0}
_WEAK = {0.02: 0.0, 0.03: 0.0, 0.05: 1.0}
_NO = {0.02: 0.0, 0.03: 0.0, 0.05: 0.0}
_FEW = {0.02: _LITTLE, 0.03: _LITTLE, 0.05: _LITTLE}
_ENOUGH = {0.02: _LITTLE, 0.03: _LITTLE, 0.05: 1.0}
_FAILED = {0.02: _BAD, 0.03: _BAD, 0.05: _BAD}
_NOT_ITS_TEST_PATIENTS = (("val", "val"), ("phantom, site north", "elsewhere"))


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        ([_YES], "yes (δ=.03)"),
        ([{0.02: 1.0, 0.03: 1.0, 0.05: 1.0}], "yes (δ=.02)"),
        ([_YES, _WEAK], "yes (δ=.05)"),
        ([_YES, _ENOUGH], "yes (δ=.05)"),
        ([_YES, _NO], "no"),
        ([_NO, _FEW], "no"),
        ([_NO, _FAILED], "no"),
        ([_FEW], "underpowered"),
        ([_FEW, {0.02: 1.0, 0.03: 1.0, 0.05: 1.0}], "underpowered"),
        ([{0.02: 0.0, 0.03: _LITTLE, 0.05: _LITTLE}], "underpowered"),
        ([{0.02: 0.0, 0.03: _BAD, 0.05: _BAD}], "unreliable"),
        ([_WEAK, _FEW], "underpowered"),
        ([_FAILED], "unreliable"),
        ([_FAILED, _FEW], "unreliable"),
        ([{0.05: _UNSEEN}], "unseen"),
        ([{0.05: _UNSEEN}, {0.05: _LITTLE}], "unseen"),
        ([{0.05: _LOST}, {0.05: _BAD}], "diagnosis lost"),
        ([{0.02: 1.0}, {0.03: 1.0}], None),
        ([_YES, {}], None),
        ([{}], None),
    ],
)
def test_what_may_be_claimed_is_what_every_seed_grants(
    seeds: list[dict[float, float | str]], expected: str | None
) -> None:
    made = [make.entry(make.record("m", seed, also=make.removal(answers))) for seed, answers in enumerate(seeds)]
    for order in (made, made[::-1]):
        found = claim(order)
        assert (found if found is None else str(found)) == expected


def test_only_the_features_on_test_patients_count() -> None:
    outputs = make.removal({0.05: 1.0}, layer="outputs")
    untrained = [s.model_copy(update={"reference": "untrained"}) for s in make.removal({0.05: 1.0})]
    plain = make.record(also=[*outputs, *untrained])
    validation, other = (
        make.file(plain.run, name, place, make.removal({0.05: 1.0})) for name, place in _NOT_ITS_TEST_PATIENTS
    )
    more = Record(plain.run, (validation, *plain.files[1:], other))
    assert claim([make.entry(more)]) is None
    mixed = make.record(also=[*outputs, *make.removal({0.05: 0.0})])
    assert str(claim([make.entry(Record(mixed.run, (validation, *mixed.files[1:], other)))])) == "no"


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("INSUFFICIENT", "unreliable"),
        ("features: BLIND", "unreliable"),
        ("features: CONTROL_LEAK", "unreliable"),
        ("outputs: BLIND", "unreliable"),
        ("RANDOMISED", "yes (δ=.03)"),
        ("features: NONLINEAR_GAP", "yes (δ=.03)"),
    ],
)
def test_a_run_whose_features_are_not_to_be_trusted_grants_nothing(flag: str, expected: str) -> None:
    good = make.entry(make.record("m", 0, also=make.removal(_YES)))
    flagged = make.entry(make.record("m", 1, also=make.removal(_YES), flags=(flag,)))
    assert str(claim([good, flagged])) == expected
    # What was refused stays refused.
    refused = make.entry(make.record("m", 2, also=make.removal(_NO)))
    assert str(claim([refused, flagged])) == "no"


def test_levels_are_short() -> None:
    assert [short(level) for level in (0.0, 0.03, 0.1, 1.0)] == ["0", ".03", ".1", "1"]
