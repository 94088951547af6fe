import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from bench.scoring.decodability.conditional import given
from bench.scoring.decodability.crossfit import SplitCoordinates, read_split
from bench.scoring.decodability.measures import given_known
from bench.statistics.auroc import Contest, decide
from bench.task import Confounder
from tests.scoring.decodability.samples import QUICK, decode, planted, sample


def test_a_difference_of_prevalence_is_not_mistaken_for_race() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 2000)
    disease = (rng.random(2000) < np.where(groups == 1, 0.6, 0.2)).astype(int)
    features = rng.normal(size=(2000, 4))
    features[:, 0] += 2 * disease  # a pure reading of the disease
    result = decode(features, groups, np.arange(2000), [Confounder("disease", "label", disease)], suite=QUICK)
    assert result.one_vs_one.low > 0.55
    given = result.given_diagnosis
    assert given.columns == ("disease",)
    assert given.one_vs_one.value == pytest.approx(0.5, abs=0.03)
    assert given.one_vs_one.low < 0.5 < given.one_vs_one.high
    # P(disease of one > disease of the other) + a half of ties, where 20 and 60 of 100 are ill.
    assert given.propensity.value == pytest.approx(0.7, abs=0.02)
    # An ill one of the first group weighs .6 / .8, a healthy one .4 / 1.2, in the mean (.2 · 3 + .8 / 3 · 4) / 4.
    assert dict(given.kept)["0 vs 1"] == pytest.approx((0.2 * 0.75 + 0.8 / 3) / 0.5, abs=0.04)
    assert 0.8 < dict(given.effective)["0 vs 1"] < 1
    assert given.lacking == ()
    assert result.given_known is None
    assert result.information.low > 0.02
    assert result.information_given.value == pytest.approx(0, abs=0.005)
    # Permuted over patients nothing is left; drawn given the disease, neither.
    assert result.null.mean == pytest.approx(0.5, abs=0.02)
    assert result.null_given.mean == pytest.approx(0.5, abs=0.02)


def test_what_is_read_by_way_of_a_covariate_is_left_given_the_diagnosis_and_gone_given_all_that_is_known() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 3, 3000)
    bmi = rng.normal(size=3000) + 0.8 * groups
    disease = (rng.random(3000) < 0.2 + 0.2 * groups).astype(int)
    features = rng.normal(size=(3000, 4))
    features[:, 0] += bmi
    features[:, 1] += disease
    confounders = [Confounder("disease", "label", disease), Confounder("bmi", "number", bmi, covariate=True)]
    result = decode(features, groups, np.arange(3000), confounders, suite=QUICK)
    assert result.given_diagnosis.one_vs_one.low > 0.55
    assert result.given_known.columns == ("disease", "bmi")
    assert result.given_known.one_vs_one.value == pytest.approx(0.5, abs=0.02)
    assert result.given_known.propensity.value > result.given_diagnosis.propensity.value
    effective = dict(result.given_known.effective)
    assert list(effective) == ["0 vs 1", "0 vs 2", "1 vs 2"]
    assert effective["0 vs 2"] < effective["0 vs 1"] < 1


def test_where_c_tells_the_groups_apart_nothing_is_compared_and_it_is_said() -> None:
    features, groups, patients = planted(1.0, images=1, patients=300, features=3, groups=3)
    site = np.where(groups == 2, 1, 0)
    confounders = [Confounder("site", "category", site, ("east", "west"), covariate=True)]
    result = decode(features, groups, patients, confounders, suite=QUICK)
    assert result.given_diagnosis is None
    known = result.given_known
    assert dict(known.kept)["0 vs 1"] > 0.9
    assert dict(known.effective)["0 vs 2"] == dict(known.effective)["1 vs 2"] == 0
    assert known.one_vs_one.value == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.08)  # of 0 and 1 alone
    assert {name for name, _ in known.lacking} == {"site east: no 2", "site west: no 0 or 1"}
    (row,) = given_known(result)
    for words in ("0 vs 2: no overlap, not compared", "site west: no 0 or 1", "of the weight of a pair lost"):
        assert words in row.note
    alone = decode(features, groups, patients, groups, suite=QUICK).given_diagnosis
    assert alone.one_vs_one.value is None
    assert alone.propensity.value == pytest.approx(1, abs=0.01)


def test_a_signal_within_one_stratum_only_is_seen() -> None:
    features, groups, patients = planted(0, images=1, patients=1500, features=4)
    sick = np.random.default_rng(1).integers(0, 2, 1500)
    features[:, 0] += 1.5 * groups * sick
    result = decode(features, groups, patients, sick, suite=QUICK)
    # A reader told who is sick could get (Φ(1.5/√2) + .5) / 2 among patients alike; one that is not, as much without C.
    assert result.given_diagnosis.one_vs_one.value == pytest.approx(result.one_vs_one.value, abs=0.02)
    assert result.given_diagnosis.one_vs_one.value > (norm.cdf(1.5 / np.sqrt(2)) + 0.5) / 2 - 0.05


def test_an_exact_match_agrees_where_a_cell_has_many_patients() -> None:
    """Within exact strata of C the same probe reads what it reads under overlap weights, where the signal is alike."""
    rng = np.random.default_rng(3)
    cell = rng.integers(0, 4, 4000)
    groups = (rng.random(4000) < np.array([0.2, 0.4, 0.6, 0.8])[cell]).astype(int)
    features = rng.normal(size=(4000, 3))
    features[:, 0] += 0.8 * groups
    features[:, 1] += cell
    result = decode(features, groups, np.arange(4000), cell, suite=QUICK)
    within = decide(Contest(features[:, 0], groups == 1, groups == 0), cell)[0]
    assert result.given_diagnosis.one_vs_one.value == pytest.approx(within, abs=0.02)
    assert result.one_vs_one.value > within + 0.04


def test_every_probe_is_read_given_c_where_a_claim_asks_for_it() -> None:
    found, splits, design = sample(*planted(1.0, images=1, patients=300, features=3), np.arange(300) % 2)
    readings = [read_split(SplitCoordinates(found, split, QUICK.systems, 0), QUICK.probes) for split in splits]
    layers, read = {"features": found}, {"features": readings}
    result = given(layers, found.confounders, splits, read, QUICK, design, 0, every_probe=True)
    assert list(result.by_probe) == [("features", "ridge"), ("features", "quadratic")]
    assert result.by_probe["features", "ridge"].value == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.06)
    assert given(layers, found.confounders, splits, read, QUICK, design, 0).by_probe == {}


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.8, 0.3)])
def test_usable_information_has_a_closed_form_for_gaussians(shares: tuple[float, float]) -> None:
    """Race and features given C: P(race | C) known, features N(±1/2, 1): logistic is well specified."""
    rng = np.random.default_rng(0)
    strata = rng.integers(0, 2, 2500)
    groups = (rng.random(2500) < np.array(shares)[strata]).astype(int)
    features = rng.normal(size=(2500, 3))
    features[:, 0] += groups - 0.5
    result = decode(features, groups, np.arange(2500), strata, suite=QUICK)
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
