import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scoring.decodability.splits import MIN_PATIENTS, deal, patient_splits
from bench.scoring.suites import V2

group_sizes = st.lists(st.integers(MIN_PATIENTS, 40), min_size=2, max_size=4)


def none(groups: np.ndarray) -> np.ndarray:
    return np.zeros(len(groups), dtype=int)


@given(group_sizes, st.integers(0, 100))
def test_parts_are_disjoint_cover_everyone_and_hold_every_group(sizes: list[int], seed: int) -> None:
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    splits = patient_splits(groups, none(groups), V2.folds, seed=seed)
    assert len(splits) == V2.folds.count
    for split in splits:
        parts = np.concatenate([split.fit, split.select, split.test])
        assert sorted(parts) == list(range(len(groups)))
        for part in (split.fit, split.select, split.test):
            assert set(groups[part]) == set(range(len(sizes)))
    assert sorted(np.concatenate([split.test for split in splits[:4]])) == list(range(len(groups)))


def test_fit_60_select_15_test_25() -> None:
    groups = np.repeat([0, 1], [300, 700])
    for split in patient_splits(groups, none(groups), V2.folds):
        assert (len(split.fit), len(split.select), len(split.test)) == (600, 150, 250)
        assert (groups[split.test] == 0).sum() == 75


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(2, 5), st.integers(0, 100))
def test_parts_are_even_within_groups_and_along_strata(sizes: list[int], parts: int, seed: int) -> None:
    strata = np.repeat(np.arange(len(sizes)), sizes)
    dealt = deal(np.zeros(len(strata), dtype=int), strata, parts, np.random.default_rng(seed))
    counts = np.bincount(dealt, minlength=parts)
    assert np.ptp(counts) <= 1
    for stratum in range(len(sizes)):  # a stratum may begin and end in the middle of a block
        assert np.ptp(np.bincount(dealt[strata == stratum], minlength=parts)) <= 2


def test_the_seed_decides() -> None:
    groups = np.repeat([0, 1], 50)
    first, again, other = (patient_splits(groups, none(groups), V2.folds, seed=seed) for seed in (3, 3, 4))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(
            np.concatenate([a.fit, a.select, a.test]), np.concatenate([b.fit, b.select, b.test])
        )
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(first[0].test, other[0].test)
