import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scoring.decodability.splits import FOLDS, patient_folds

group_sizes = st.lists(st.integers(FOLDS, 40), min_size=2, max_size=4)


@given(group_sizes, st.integers(0, 100))
def test_parts_are_disjoint_cover_everyone_and_hold_every_group(sizes: list[int], seed: int) -> None:
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    folds = patient_folds(groups, seed=seed)
    assert len(folds) == FOLDS
    for fold in folds:
        parts = np.concatenate([fold.fit, fold.select, fold.test])
        assert sorted(parts) == list(range(len(groups)))
        for part in (fold.fit, fold.select, fold.test):
            assert set(groups[part]) == set(range(len(sizes)))
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(groups)))


@given(group_sizes, st.integers(0, 100))
def test_test_folds_are_stratified_and_of_equal_size(sizes: list[int], seed: int) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    counts = np.array([np.bincount(groups[f.test], minlength=len(sizes)) for f in patient_folds(groups, seed=seed)])
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_select_is_a_fifth_of_the_rest() -> None:
    for fold in patient_folds(np.repeat([0, 1], [250, 750])):
        assert (len(fold.fit), len(fold.select), len(fold.test)) == (640, 160, 200)


def test_the_seed_decides() -> None:
    groups = np.repeat([0, 1], 50)
    first, again, other = (patient_folds(groups, seed=seed) for seed in (3, 3, 4))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(
            np.concatenate([a.fit, a.select, a.test]), np.concatenate([b.fit, b.select, b.test])
        )
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(first[0].test, other[0].test)
