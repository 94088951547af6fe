import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from tests.scoring.decodability.samples import decode, planted


def test_a_difference_of_prevalence_is_not_mistaken_for_race() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 2000)
    disease = (rng.random(2000) < np.where(groups == 1, 0.6, 0.2)).astype(int)
    features = rng.normal(size=(2000, 4))
    features[:, 0] += 2 * disease  # a pure reading of the disease
    result = decode(features, groups, np.arange(2000), strata=disease)
    assert result.one_vs_one.low > 0.55
    given = result.given
    assert given.one_vs_one.value == pytest.approx(0.5, abs=0.03)
    assert given.one_vs_one.low < 0.5 < given.one_vs_one.high
    assert (given.strata, given.skipped) == (2, 0)
    assert given.information.low > 0.02
    assert given.information_given.value == pytest.approx(0, abs=0.005)
    # What is permuted keeps what the disease tells.
    assert result.null.mean > 0.55


def test_strata_are_joint_patterns_and_those_without_two_groups_are_counted() -> None:
    features, groups, patients = planted(1.0, images=1, patients=300, features=3)
    labels = np.random.default_rng(0).integers(-1, 2, (300, 2))
    labels[groups == 0, 1] = np.maximum(labels[groups == 0, 1], 0)
    result = decode(features, groups, patients, labels)
    # Of the 3 × 3 patterns, those with -1 in the second column occur in one group only.
    assert (result.given.strata, result.given.skipped) == (6, 3)
    assert 0.6 < result.given.one_vs_one.value < 0.9
    alone = decode(features, groups, patients, groups).given
    assert (alone.strata, alone.skipped, alone.one_vs_one.value) == (0, 2, None)


def test_a_signal_within_one_stratum_only_is_seen() -> None:
    features, groups, patients = planted(0, images=1, patients=1500, features=4)
    sick = np.random.default_rng(1).integers(0, 2, 1500)
    features[:, 0] += 1.5 * groups * sick
    result = decode(features, groups, patients, sick)
    # One half of the pairs at Φ(1.5/√2), the other at chance.
    assert result.given.one_vs_one.value == pytest.approx((norm.cdf(1.5 / np.sqrt(2)) + 0.5) / 2, abs=0.03)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.8, 0.3)])
def test_usable_information_has_a_closed_form_for_gaussians(shares: tuple[float, float]) -> None:
    """Race and features given C: P(race | C) known, features N(±1/2, 1): logistic is well specified."""
    rng = np.random.default_rng(0)
    strata = rng.integers(0, 2, 2500)
    groups = (rng.random(2500) < np.array(shares)[strata]).astype(int)
    features = rng.normal(size=(2500, 3))
    features[:, 0] += groups - 0.5
    result = decode(features, groups, np.arange(2500), strata).given
    expected = np.mean([_information(share) for share in shares])
    assert result.information_given.value == pytest.approx(expected, abs=0.025)
    assert result.information_given.low < expected < result.information_given.high
    if shares[0] == shares[1]:
        assert result.information.value == pytest.approx(expected, abs=0.025)


def _information(share: float) -> float:
    """Mutual information in bits of a binary variable with this share and a unit Gaussian shifted by it by 1."""

    def binary(p: float) -> float:
        return -sum(q * np.log2(q) for q in (p, 1 - p) if q > 0)

    def left(x: float) -> float:
        one, zero = share * norm.pdf(x - 0.5), (1 - share) * norm.pdf(x + 0.5)
        return (one + zero) * binary(one / (one + zero))

    return binary(share) - quad(left, -8, 8)[0]
