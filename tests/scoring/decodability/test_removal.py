import numpy as np
import pytest

from bench.scoring.decodability.estimates import Design, Estimate
from bench.scoring.decodability.removal import claims
from bench.scoring.decodability.splits import Split
from bench.scoring.suites import V2


def estimate(value: float, error: float) -> Estimate:
    """An estimate with this standard error: many patients, so that n/(n - 1) is 1."""
    n = 100_000
    influence = np.full((1, n), error / np.sqrt(n))
    nobody, everyone = np.zeros(0, int), np.arange(n)
    return Estimate(np.array([value]), influence, Design(np.zeros(n, int), (Split(nobody, nobody, everyone),)))


def answers(*probes: tuple[float, float], reliable: bool = True) -> list[str]:
    made = {str(i): estimate(*probe) for i, probe in enumerate(probes)}
    return [claim.answer for claim in claims(made, made["0"], reliable, V2)]


def test_granted_where_every_bound_is_below() -> None:
    assert V2.margins == (0.02, 0.03, 0.05)
    assert answers((0.5, 0.005), (0.51, 0.005)) == ["granted", "granted", "granted"]
    assert answers((0.5, 0.005), (0.515, 0.005)) == ["refused", "granted", "granted"]


def test_one_probe_that_may_read_it_refuses_the_claim_and_weak_ones_cannot_help() -> None:
    assert answers((0.5, 0.005), (0.56, 0.005))[-1] == "refused"
    assert answers(*[(0.5, 0.005)] * 6, (0.56, 0.005))[-1] == "refused"


@pytest.mark.parametrize(
    ("error", "expected"), [(0.05 / 2.486 * 0.999, "granted"), (0.05 / 2.486 * 1.001, "underpowered")]
)
def test_power_is_80_percent(error: float, expected: str) -> None:
    # Φ(δ/se - 1.645) = .8 where δ/se = 1.645 + .842.
    assert answers((0.5, error))[-1] == expected


def test_too_few_patients_for_absence_may_be_enough_for_presence() -> None:
    assert answers((0.9, 0.05)) == ["refused"] * 3
    assert answers((0.55, 0.05)) == ["underpowered"] * 3


def test_a_failed_control_voids_what_would_be_granted_and_nothing_else() -> None:
    assert answers((0.5, 0.005), reliable=False) == ["unreliable"] * 3
    assert answers((0.7, 0.005), reliable=False) == ["refused"] * 3


def test_constant_features_have_no_error_at_all() -> None:
    assert answers((0.5, 0.0)) == ["granted"] * 3
