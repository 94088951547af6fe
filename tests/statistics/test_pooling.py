from math import sqrt

import numpy as np
import pytest
from scipy.stats import t

from bench.statistics.bootstrap import Interval
from bench.statistics.pooling import Estimate, pool


def around(value: float, half: float) -> Interval:
    return Interval(value, value - half, value + half)


def test_one_seed_keeps_the_interval_of_its_run() -> None:
    assert pool([Interval(0.8, 0.71, 0.84)]) == Estimate(0.8, 0.71, 0.84)
    assert pool([Interval(0.8, None, None)]) == Estimate(0.8, None, None)


def test_the_formula_by_hand() -> None:
    scores = [around(v, h) for v, h in ((0.80, 0.0196), (0.82, 0.0392), (0.87, 0.0196))]
    # Values .80 .82 .87: mean .83, deviations -.03 -.01 .04, sample variance .0026 / 2 = .0013, over three seeds.
    between = 0.0013 / 3
    within = (0.01**2 + 0.02**2 + 0.01**2) / 3  # half width / 1.96
    freedom = 2 * ((within + between) / between) ** 2
    half = t.ppf(0.975, freedom) * sqrt(within + between)
    pooled = pool(scores)
    assert pooled.mean == pytest.approx(0.83)
    assert pooled.low == pytest.approx(0.83 - half, abs=1e-5)
    assert pooled.high == pytest.approx(min(0.83 + half, 1), abs=1e-5)


def test_seeds_that_agree_give_the_interval_of_each() -> None:
    """The test patients are the same for every seed: more seeds do not shrink their part of the uncertainty."""
    pooled = pool([Interval(0.04, 0.0, 0.1)] * 5)
    assert (pooled.mean, pooled.low, pooled.high) == pytest.approx((0.04, 0.0, 0.1), abs=1e-9)


def test_seeds_that_differ_without_patient_noise_follow_student() -> None:
    values = [0.5, 0.52, 0.57]
    pooled = pool([Interval(v, v, v) for v in values])
    half = t.ppf(0.975, 2) * np.std(values, ddof=1) / sqrt(3)
    assert (pooled.low, pooled.high) == pytest.approx((np.mean(values) - half, np.mean(values) + half))


def test_limits_stay_within_rates_and_do_not_depend_on_the_order() -> None:
    scores = [around(v, 0.05) for v in (0.9, 0.99, 0.97)]
    assert pool(scores) == pool(scores[::-1])
    assert pool(scores).high == 1.0


@pytest.mark.parametrize("missing", [None, (None, None, None)])
def test_a_seed_without_a_value_leaves_no_mean(missing: tuple | None) -> None:
    scores = [Interval(0.8, 0.7, 0.9), None if missing is None else Interval(*missing)]
    assert pool(scores) is None
    assert pool([]) is None


def test_a_seed_without_limits_leaves_the_mean_without() -> None:
    scores = [Interval(0.8, 0.7, 0.9), Interval(0.9, None, None)]
    assert pool(scores) == Estimate(pytest.approx(0.85), None, None)


@pytest.mark.parametrize("seed_noise", [0.002, 0.02, 0.06])
def test_coverage_with_shared_patients(seed_noise: float) -> None:
    """The same patient noise in every seed, other training noise in each.

    At three seeds the coverage is .95, .95 and .93 by 40,000 draws (with 1.96 for t, the last is .89).
    """
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(800):
        values = 0.5 + rng.normal(0, 0.02) + rng.normal(0, seed_noise, size=3)
        pooled = pool([around(v, 1.96 * 0.02) for v in values])
        covered.append(pooled.low <= 0.5 <= pooled.high)
    assert 0.91 <= np.mean(covered) <= 0.97
