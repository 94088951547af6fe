import numpy as np
import pytest

from bench.scoring.decodability.auroc import hand_till, log_odds
from bench.scoring.decodability.null import PENALTIES, permute, permuted_readings
from bench.scoring.decodability.ridge import Ridge
from bench.scoring.decodability.splits import patient_folds


def test_permutations_keep_every_folds_counts_and_differ() -> None:
    groups = np.repeat([0, 1, 2], [20, 30, 50])
    folds = patient_folds(groups)
    permuted = permute(groups, folds, 30, seed=0)
    for fold in folds:
        expected = np.bincount(groups[fold.test], minlength=3)
        for row in permuted[:, fold.test]:
            np.testing.assert_array_equal(np.bincount(row, minlength=3), expected)
    assert len(np.unique(permuted, axis=0)) == 30


def test_every_permutation_is_read_as_by_the_ridge_probe_alone() -> None:
    rng = np.random.default_rng(0)
    z_fit, z_select, z_test = (rng.normal(size=(n, 6)) for n in (200, 60, 80))
    z_fit -= z_fit.mean(axis=0)
    variances = np.array([2, 1.5, 1, 0.8, 0.5, 0.2])
    fit, select, test = (rng.integers(0, 3, (25, n)) for n in (200, 60, 80))
    readings = permuted_readings((z_fit, fit), (z_select, select), (z_test, test), variances, 3)
    assert [Ridge.penalties[i] for i in range(0, 25, 6)] == list(PENALTIES)
    for b in (0, 7, 24):
        path = Ridge.fit(z_fit, variances, fit[b], 3)
        log_prevalence = np.log(np.bincount(fit[b]) / 200)
        on_select = hand_till(log_odds(path.predict(z_select) - log_prevalence)[::6], select[b])
        on_test = hand_till(log_odds(path.predict(z_test) - log_prevalence)[::6], test[b])
        assert readings[b] == pytest.approx(on_test[on_select.argmax()], abs=1e-9)


def test_a_group_that_chance_left_out_of_fit_or_select_does_not_stop_the_null() -> None:
    rng = np.random.default_rng(0)
    parts = [(rng.normal(size=(n, 3)), np.zeros((2, n), dtype=int)) for n in (20, 10, 10)]
    parts[2][1][:, :3] = 1
    readings = permuted_readings(*parts, variances=np.ones(3), n_groups=2)
    assert readings.shape == (2,)
    assert np.isfinite(readings).all()
