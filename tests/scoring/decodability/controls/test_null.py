from dataclasses import replace

import numpy as np
import pytest

from bench.scoring.decodability.controls.null import drawn, null_values, permuted, propensities
from bench.scoring.decodability.crossfit import SplitCoordinates
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.suite import Permutations
from bench.scoring.decodability.whitening import Whitening
from bench.scoring.suites import V2
from bench.statistics.auroc import one_vs_one
from tests.scoring.decodability.samples import planted, sample


def times(count: int) -> Permutations:
    """Those of suite 1, so many."""
    return replace(V2.permutations, count=count, draws=count)


def test_groups_are_permuted_over_all_patients_whatever_c() -> None:
    features, groups, patients = planted(0, patients=200, images=1, groups=3)
    found, _, _ = sample(features, groups, patients, groups)  # C is the group itself
    dealt = permuted(found, 30, seed=0)
    assert len(np.unique(dealt, axis=0)) == 30
    for row in dealt:
        np.testing.assert_array_equal(np.bincount(row, minlength=3), np.bincount(found.patient_groups, minlength=3))
    assert (dealt == found.patient_groups).mean() < 0.45


def test_groups_are_drawn_as_c_tells_of_them() -> None:
    """Of patients with two images each, by the mean of their propensities."""
    rng = np.random.default_rng(0)
    disease = rng.integers(0, 2, 400)
    groups = (rng.random(200) < 0.5).astype(int)
    found, _, _ = sample(rng.normal(size=(400, 2)), np.repeat(groups, 2), np.repeat(np.arange(200), 2), disease)
    told = np.log(np.array([[0.9, 0.1], [0.2, 0.8]]))[found.confounders[0].values]
    share = np.exp(told.reshape(200, 2, 2).mean(axis=1))
    expected = share[:, 1] / share.sum(axis=1)
    np.testing.assert_allclose(drawn(found, told, 4000, seed=0).mean(axis=0), expected, atol=0.035)


def test_given_c_the_null_is_half_where_what_c_tells_is_read_without() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 800)
    disease = (rng.random(800) < np.where(groups == 1, 0.8, 0.2)).astype(int)
    features = rng.normal(size=(800, 4))
    features[:, 0] += 3 * disease
    found, splits, _ = sample(features, groups, np.arange(800), disease)
    whitenings = [Whitening.fit(found.features, found.rows(split.fit)) for split in splits]
    told = propensities(found, found.confounders)
    np.testing.assert_allclose(np.exp(told).mean(axis=0), np.bincount(groups) / 800, atol=1e-3)
    given = null_values(found, splits, whitenings, times(20), seed=0, log_e=told)
    assert given.shape == (20,)
    assert given.mean() == pytest.approx(0.5, abs=0.02)
    plain = null_values(found, splits, whitenings, times(20), seed=0)
    assert plain.mean() == pytest.approx(0.5, abs=0.02)
    # The same draws, read without weights, show the disease.
    dealt = drawn(found, told, 20, seed=0)
    apart = [one_vs_one(np.stack([0 * disease, disease], axis=1)[None], row)[0] for row in dealt]
    assert np.mean(apart) > 0.7


def test_every_permutation_is_read_as_by_the_ridge_probe_alone() -> None:
    found, splits, _ = sample(*planted(0.5, patients=120, groups=3))
    whitenings = [Whitening.fit(found.features, found.rows(split.fit)) for split in splits]
    values = null_values(found, splits, whitenings, times(25), seed=0)
    dealt = permuted(found, 25, seed=0)
    assert [Ridge.penalties[i] for i in range(0, 25, 6)] == list(V2.permutations.penalties)
    for b in (0, 7, 24):
        expected = []
        for split in splits:
            coordinates = SplitCoordinates(found.relabelled(dealt[b], found.names), split, V2.systems, 0)
            path = Ridge.fit(coordinates.training)
            on_select = one_vs_one(path.predict(coordinates.training.select)[::6], coordinates.training.select_groups)
            on_test = path.predict(coordinates.on_test)[::6][on_select.argmax()]
            expected.append(one_vs_one(on_test[None], dealt[b][found.patients][coordinates.test])[0])
        assert values[b] == pytest.approx(np.mean(expected), abs=1e-9)


def test_a_group_that_chance_left_out_of_a_part_does_not_stop_the_null() -> None:
    groups = np.repeat([0, 1], [5, 60])
    found, splits, _ = sample(np.random.default_rng(0).normal(size=(65, 3)), groups, np.arange(65))
    whitenings = [Whitening.fit(found.features, found.rows(split.fit)) for split in splits]
    values = null_values(found, splits, whitenings, times(40), seed=0)
    assert values.shape == (40,)
    assert np.isfinite(values).any()
