from dataclasses import replace

import numpy as np
import pytest

from bench.scoring.decodability.controls.null import permute, permuted_values
from bench.scoring.decodability.crossfit import SplitCoordinates
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.suite import Permutations
from bench.scoring.decodability.whitening import Whitening
from bench.scoring.suites import V2
from bench.statistics.auroc import one_vs_one
from tests.scoring.decodability.samples import planted, sample


def times(count: int) -> Permutations:
    """Those of suite 1, so many."""
    return replace(V2.permutations, count=count)


def test_groups_are_exchanged_among_patients_of_one_stratum() -> None:
    features, groups, patients = planted(0, patients=200, images=1, groups=3)
    strata = np.r_[np.zeros(100, int), np.ones(90, int), np.arange(2, 12)]
    found, _, _ = sample(features, groups, patients, strata)
    permuted = permute(found, times(30), seed=0)
    assert len(np.unique(permuted, axis=0)) == 30
    assert V2.permutations.min_stratum > 10
    for stratum in (found.patient_strata == 0, found.patient_strata == 1, found.patient_strata > 1):
        expected = np.bincount(found.patient_groups[stratum], minlength=3)
        for row in permuted[:, stratum]:
            np.testing.assert_array_equal(np.bincount(row, minlength=3), expected)
    # The ten strata of one patient each are permuted together.
    assert len(np.unique(permuted[:, found.patient_strata > 1], axis=0)) > 1


def test_what_the_stratum_tells_of_the_group_stays_in_the_null() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 800)
    disease = (rng.random(800) < np.where(groups == 1, 0.8, 0.2)).astype(int)
    features = rng.normal(size=(800, 4))
    features[:, 0] += 3 * disease
    values = {}
    for name, strata in (("given", disease), ("without", None)):
        found, splits, _ = sample(features, groups, np.arange(800), strata)
        whitenings = [Whitening.fit(found.features, found.rows(split.fit)) for split in splits]
        values[name] = permuted_values(found, splits, whitenings, times(20), seed=0).mean()
    assert values["given"] > 0.7
    assert values["without"] == pytest.approx(0.5, abs=0.03)


def test_every_permutation_is_read_as_by_the_ridge_probe_alone() -> None:
    found, splits, _ = sample(*planted(0.5, patients=120, groups=3))
    whitenings = [Whitening.fit(found.features, found.rows(split.fit)) for split in splits]
    values = permuted_values(found, splits, whitenings, times(25), seed=0)
    permuted = permute(found, times(25), seed=0)
    assert [Ridge.penalties[i] for i in range(0, 25, 6)] == list(V2.permutations.penalties)
    for b in (0, 7, 24):
        expected = []
        for split in splits:
            coordinates = SplitCoordinates(found.relabelled(permuted[b], found.names), split, V2.systems, 0)
            path = Ridge.fit(coordinates.training)
            on_select = one_vs_one(path.predict(coordinates.training.select)[::6], coordinates.training.select_groups)
            on_test = path.predict(coordinates.on_test)[::6][on_select.argmax()]
            expected.append(one_vs_one(on_test[None], permuted[b][found.patients][coordinates.test])[0])
        assert values[b] == pytest.approx(np.mean(expected), abs=1e-9)


def test_a_group_that_chance_left_out_of_a_part_does_not_stop_the_null() -> None:
    groups = np.repeat([0, 1], [5, 60])
    found, splits, _ = sample(np.random.default_rng(0).normal(size=(65, 3)), groups, np.arange(65))
    whitenings = [Whitening.fit(found.features, found.rows(split.fit)) for split in splits]
    values = permuted_values(found, splits, whitenings, times(40), seed=0)
    assert values.shape == (40,)
    assert np.isfinite(values).any()
