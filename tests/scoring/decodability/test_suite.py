"""The suite against codes whose worth is known; the whole table is ``python -m tests.proofs.decodability_table``."""

import numpy as np
import pytest

from bench.scoring.suites import V2
from tests.scoring.decodability.plants import ROWS
from tests.scoring.decodability.samples import decode

SEEN = ("linear", "xor", "variance", "radius", "curve", "products", "stratum")


@pytest.mark.parametrize("row", SEEN)
def test_what_is_planted_is_read_within_a_few_hundredths_of_the_oracle(row: str) -> None:
    made = ROWS[row](1500, 16, 0)
    found = decode(made.features, made.groups, made.patients, made.strata, controls=False)
    assert found.one_vs_one.value > made.oracle - 0.055
    assert found.one_vs_one.value < made.oracle + 0.02
    if row in ("xor", "variance", "radius", "curve", "products"):
        assert found.linear.value < 0.65
        assert "NONLINEAR_GAP" in found.flags


def test_a_code_beyond_reach_is_not_taken_for_removed() -> None:
    made = ROWS["hidden"](1000, 120, 0)
    found = decode(made.features, made.groups, made.patients)
    assert made.beyond_reach
    assert found.one_vs_one.value < made.oracle - 0.1
    assert max(limit.auroc or 1.0 for limit in found.limits) > max(limit for _, limit in V2.sight.asked)
    assert not any(claim.answer == "granted" for claim in found.removal)


def test_without_any_code_removal_is_granted_where_there_are_patients_enough() -> None:
    rng = np.random.default_rng(0)
    groups, patients = np.repeat(rng.integers(0, 2, 3000), 1), np.arange(3000)
    found = decode(rng.normal(size=(3000, 3)), groups, patients)
    assert not found.flags
    assert found.removal[-1].answer == "granted"
    few = decode(rng.normal(size=(200, 3)), groups[:200], patients[:200])
    assert few.removal[-1].answer == "underpowered"
