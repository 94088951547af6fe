import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.leaderboard.baseline import board_resolution, difference
from bench.leaderboard.seedwise import joined
from bench.statistics.pairing import SeedValues, paired
from bench.statistics.ranking import resolution
from tests.statistics.crossed import SMALL

_SEEDS = (0, 1, 2, 3, 4)


def _by_seed(row: SeedValues, seeds: tuple[int, ...] = _SEEDS) -> dict[int, SeedValues]:
    return {seed: SeedValues(row.values[[seed]], row.influence[[seed]]) for seed in seeds}


@given(st.sets(st.integers(0, 4)), st.sets(st.integers(0, 4)))
def test_only_seeds_that_both_have_are_compared(mine: set[int], other: set[int]) -> None:
    a, b = SMALL.draw([0.7, 0.8], np.random.default_rng(0))
    found = difference(_by_seed(a, tuple(mine)), _by_seed(b, tuple(other)))
    common = sorted(mine & other)
    if not common:
        assert found is None
        return
    assert found is not None
    assert found.pairs == len(common)
    expected = paired(*(SeedValues(row.values[common], row.influence[common]) for row in (a, b)))
    assert found.difference == expected


def test_joined_is_in_the_order_asked_for() -> None:
    (row,) = SMALL.draw([0.7], np.random.default_rng(0))
    found = joined(_by_seed(row), (3, 0))
    np.testing.assert_array_equal(found.values, row.values[[3, 0]])
    np.testing.assert_array_equal(found.influence, row.influence[[3, 0]])


def test_resolution_before_there_is_another_row_is_an_upper_limit() -> None:
    rows = SMALL.draw([0.78, 0.7, 0.65], np.random.default_rng(1))
    values = [{"auroc": _by_seed(row), "decodability": _by_seed(row)} for row in rows]
    alone = board_resolution(values[0], [], _SEEDS)
    assert alone.pilot == 0
    assert alone.decodability == pytest.approx(resolution(rows[0], 2 * rows[0].values.var(ddof=1)))
    known = board_resolution(values[0], values[1:], _SEEDS)
    assert known.pilot == 2
    variance = np.mean([(row.values - rows[0].values).var(ddof=1) for row in rows[1:]])
    means = [row.influence.mean(axis=0) for row in rows]
    correlation = np.mean([np.corrcoef(mean, means[0])[0, 1] for mean in means[1:]])
    assert known.decodability == pytest.approx(resolution(rows[0], variance, correlation))
    # Which is what such a world can tell apart.
    assert known.decodability == pytest.approx(SMALL.resolution(), rel=0.5)
    assert known.decodability < alone.decodability
