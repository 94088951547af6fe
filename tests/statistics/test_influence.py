from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from bench.statistics.influence import Z, clustered_error, interval, rate_interval


def test_the_error_of_a_mean_is_the_textbook_one() -> None:
    values = np.random.default_rng(0).normal(size=50)
    influence = (values - values.mean()) / len(values)
    assert clustered_error(influence) == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)))
    assert clustered_error(np.array([0.5])) == 0.5


def test_limits_are_95_percent_of_a_normal() -> None:
    assert norm.ppf(0.975) == Z
    assert interval(0.1, 0.05) == pytest.approx(norm.interval(0.95, 0.1, 0.05))


def test_the_limits_of_a_rate_are_symmetric_in_its_log_odds_and_stay_within_0_and_1() -> None:
    low, high = rate_interval(0.98, 0.03)
    odds = [np.log(x / (1 - x)) for x in (low, 0.98, high)]
    assert odds[1] - odds[0] == pytest.approx(odds[2] - odds[1])
    assert 0 < low < 0.98 < high < 1
    assert rate_interval(0.5, 0.001) == pytest.approx(interval(0.5, 0.001), abs=1e-6)
