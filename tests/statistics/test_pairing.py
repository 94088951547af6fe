from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, t, ttest_rel

from bench.errors import BenchError
from bench.statistics.auroc import Contest, decide
from bench.statistics.pairing import SeedValues, holm, paired, satterthwaite
from tests.statistics.crossed import SMALL, World


def _means(effects: np.ndarray) -> SeedValues:
    """The mean of the patients' numbers (S, P) as a score: its influence values are their deviations / P."""
    means = effects.mean(axis=1)
    return SeedValues(means, (effects - means[:, None]) / effects.shape[1])


def test_the_formula_by_hand() -> None:
    a = SeedValues([0.8, 0.9], [[0.03, -0.03, 0.0], [0.01, -0.03, 0.02]])
    b = SeedValues([0.7, 0.7], [[0.01, -0.01, 0.0], [0.03, -0.03, 0.0]])
    # Differences .1 and .2; influence .02 -.02 0 and -.02 0 .02, mean over seeds 0 -.01 .01.
    patient_part, seed_part = 0.0002, 0.005 / 2
    freedom = 0.0027**2 / (0.0002**2 / 2 + 0.0025**2 / 1)
    found = paired(a, b)
    assert found.estimate == pytest.approx(0.15)
    assert found.standard_error == pytest.approx(np.sqrt(patient_part + seed_part))
    assert found.freedom == pytest.approx(freedom)
    assert found.high - found.estimate == pytest.approx(t.ppf(0.975, freedom) * found.standard_error)
    assert found.estimate - found.low == pytest.approx(found.high - found.estimate)
    assert found.p == pytest.approx(2 * t.sf(0.15 / found.standard_error, freedom))
    # Mean influence .02 -.03 .01 and .02 -.02 0, values .8 .9 and .7 .7.
    assert found.independent_error == pytest.approx(np.sqrt(0.0014 + 0.0008 + 0.005 / 2))
    assert not found.patients_alone


def test_one_seed_is_the_paired_t_test_over_patients() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 400))
    found, expected = paired(_means(a[None]), _means(b[None])), ttest_rel(a, b)
    # Influence values give the variance with P, the t test takes P - 1.
    assert found.estimate / found.standard_error == pytest.approx(expected.statistic * np.sqrt(400 / 399))
    assert found.freedom == pytest.approx(expected.df)
    assert found.patients_alone


def test_seeds_without_patients_are_the_paired_t_test_over_seeds() -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 5))
    nothing = np.zeros((5, 30))
    found, expected = paired(SeedValues(a, nothing), SeedValues(b, nothing)), ttest_rel(a, b)
    assert (found.p, found.freedom) == pytest.approx((expected.pvalue, 4))
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval()))


def test_an_auroc_difference_is_that_of_delong() -> None:
    """Against the structural components of DeLong et al. (1988), from every pair of a positive and a negative."""
    rng = np.random.default_rng(2)
    positive = rng.random(300) < 0.3
    scores = rng.normal(size=(2, 300)) + rng.normal(size=300) + positive
    rows = [decide(Contest(one, positive, ~positive)) for one in scores]
    found = paired(*[SeedValues([value], influence[None]) for value, influence in rows])
    wins = [(one[positive][:, None] > one[~positive]).astype(float) for one in scores]
    variance = sum(
        np.cov([won.mean(axis=axis) for won in wins], bias=True) / wins[0].shape[1 - axis] for axis in (0, 1)
    )
    assert found.estimate == pytest.approx(wins[0].mean() - wins[1].mean())
    assert found.standard_error**2 == pytest.approx(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1])
    assert found.independent_error**2 == pytest.approx(variance[0, 0] + variance[1, 1])
    assert found.standard_error < 0.9 * found.independent_error


def test_the_patient_part_is_that_of_drawing_patients_anew() -> None:
    rng = np.random.default_rng(3)
    patients = rng.normal(size=200)
    a, b = rng.normal(size=(2, 3, 200)) + patients
    drawn = rng.integers(200, size=(20_000, 200))
    differences = (a - b).mean(axis=0)[drawn].mean(axis=1)
    level = (a - b).mean(axis=1, keepdims=True)  # every seed with the same difference: no seeds' part
    assert paired(_means(a - level), _means(b)).standard_error == pytest.approx(differences.std(), rel=0.02)


@pytest.mark.parametrize(
    ("world", "low", "high"),
    [
        pytest.param(SMALL, 0.93, 0.97, id="as measured"),
        pytest.param(replace(SMALL, training=0.03), 0.93, 0.97, id="seeds do most"),
        pytest.param(replace(SMALL, training=0.0, single=0.02), 0.93, 0.97, id="patients do nearly all"),
        pytest.param(replace(SMALL, seeds=3), 0.93, 0.97, id="three seeds"),
        pytest.param(replace(SMALL, seeds=3, training=0.015), 0.93, 0.97, id="three seeds that do most"),
        pytest.param(replace(SMALL, seeds=1, training=0.0), 0.93, 0.97, id="one seed, which is all there is"),
        pytest.param(replace(SMALL, training=0.0, own=0.0), 0.95, 0.995, id="only what counts twice: never too narrow"),
    ],
)
def test_coverage(world: World, low: float, high: float) -> None:
    """The binomial error of 2,500 draws is .004."""
    rng = np.random.default_rng(0)
    found = [paired(*world.draw([0.1, 0.0], rng)) for _ in range(2500)]
    assert low <= np.mean([one.low <= 0.1 <= one.high for one in found]) <= high


def test_coverage_of_real_aurocs() -> None:
    """Two methods of binormal scores that share patients and seeds; both have the same AUROC, the mean over seeds."""
    rng = np.random.default_rng(0)
    positive = np.arange(240) < 80
    covered = []
    for _ in range(400):
        patients = rng.normal(size=240)
        apart = 1.2 + 0.15 * rng.normal(size=3) + 0.1 * rng.normal(size=(2, 3))
        scores = 0.7 * patients + 0.7 * rng.normal(size=(2, 3, 240)) + apart[:, :, None] * positive
        pair = []
        for trained in scores:
            decided = [decide(Contest(one, positive, ~positive)) for one in trained]
            pair.append(SeedValues([auroc for auroc, _ in decided], [influence for _, influence in decided]))
        found = paired(*pair)
        covered.append(found.low <= 0 <= found.high)
    assert 0.92 <= np.mean(covered) <= 0.98  # the binomial error is .011


def test_pairing_is_worth_what_the_rows_share() -> None:
    found = paired(*World().draw([0.1, 0.0], np.random.default_rng(0)))
    assert found.standard_error < 0.6 * found.independent_error


def test_a_method_against_itself() -> None:
    (row,) = SMALL.draw([0.7], np.random.default_rng(0))
    found = paired(row, row)
    assert (found.estimate, found.standard_error, found.low, found.high, found.p) == (0, 0, 0, 0, 1)
    moved = paired(SeedValues(row.values + 0.5, row.influence), row)
    assert moved.p < 1e-12


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_the_step_down_procedure(p: list[float]) -> None:
    """Going from the smallest on, a claim stands while p times the number of those left is within the level."""
    corrected = holm(p)
    for level in (0.01, 0.05, 0.3):
        stands, left = [False] * len(p), len(p)
        for i in sorted(range(len(p)), key=lambda i: p[i]):
            if p[i] * left > level:
                break
            stands[i], left = True, left - 1
        assert [one <= level for one in corrected] == stands


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    # Never below the correction for the false discovery rate, which promises less.
    p = np.random.default_rng(0).random(20) / 10
    assert (np.array(holm(list(p))) >= false_discovery_control(p)).all()


def test_satterthwaite_between_its_parts() -> None:
    assert satterthwaite(1.0, 0.0, 100, 5) == pytest.approx(99)
    assert satterthwaite(0.0, 1.0, 100, 5) == pytest.approx(4)
    assert satterthwaite(1e-200, 1e-200, 100, 5) == pytest.approx(4 / (1 / 99 + 1 / 4))
    assert satterthwaite(0.0, 0.0, 100, 5) == pytest.approx(99)
    freedoms = satterthwaite(np.ones(20), np.linspace(0.1, 5, 20), 100, 5)
    assert all(4 < b < a for a, b in pairwise(freedoms[3:]))


def test_a_higher_level_has_a_longer_interval() -> None:
    rows = SMALL.draw([0.1, 0.0], np.random.default_rng(0))
    assert paired(*rows, level=0.99).high > paired(*rows).high > paired(*rows, level=0.5).high


@pytest.mark.parametrize(
    ("values", "influence", "said"),
    [
        ([0.5, 0.6], np.zeros((3, 4)), r"\(2,\) and \(3, 4\)"),
        ([], np.zeros((0, 4)), "1 or more"),
        ([0.5], np.zeros(4), r"\(1,\) and \(4,\)"),
        ([np.nan], np.zeros((1, 4)), "finite"),
        ([0.5], [[0.1, 0.1, -0.1]], "sum to 0"),
    ],
)
def test_what_is_no_score_over_seeds(values: list, influence: np.ndarray, said: str) -> None:
    with pytest.raises(BenchError, match=said):
        SeedValues(values, influence)


def test_only_the_same_seeds_and_patients_are_paired() -> None:
    first, second = SeedValues([0.5], np.zeros((1, 4))), SeedValues([0.5, 0.6], np.zeros((2, 4)))
    with pytest.raises(BenchError, match=r"\(1, 4\) and \(2, 4\)"):
        paired(first, second)
    with pytest.raises(BenchError, match=r"level .* is 95"):
        paired(first, first, level=95)
