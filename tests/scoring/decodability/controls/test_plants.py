from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from bench.scoring.decodability.controls.plants import Plant, _of_first, code, leaks, planted, random_label
from bench.scoring.decodability.crossfit import SplitCoordinates, read_split
from bench.scoring.decodability.estimates import by_patient
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.probes.trees import Trees
from bench.scoring.decodability.suite import Kind
from bench.scoring.decodability.whitening import Whitening
from bench.scoring.suites import V2
from bench.statistics.auroc import decide_all, pairs
from tests.scoring.decodability.samples import decode, sample
from tests.scoring.decodability.samples import planted as data


def plants(features: np.ndarray, groups: np.ndarray, patients: np.ndarray) -> dict[str, Plant]:
    found, splits, design = sample(features, groups, patients)
    whitening = Whitening.fit(found.features, found.rows(splits[0].fit))
    return {plant.name: plant for plant in planted(found, whitening, splits, V2, design, 0)}


@pytest.mark.parametrize("kind", ["linear", "quadratic"])
def test_a_plant_is_worth_what_it_is_built_to_be(kind: Kind) -> None:
    labels = np.random.default_rng(0).integers(0, 2, 200_000)
    worth = V2.plants.worth
    coded = code(kind, labels, worth, np.random.default_rng(1))
    assert roc_auc_score(labels, coded if kind == "linear" else np.abs(coded)) == pytest.approx(worth, abs=0.003)
    assert coded.var() == pytest.approx(1, abs=0.02)
    if kind == "quadratic":
        assert roc_auc_score(labels, coded) == pytest.approx(0.5, abs=0.005)


def test_with_many_images_every_plant_is_recovered_also_where_there_is_hardly_any_variance() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4000, 6)) * [1, 1, 1, 1, 1, 1e-5]
    found = plants(features @ np.linalg.qr(rng.normal(size=(6, 6)))[0], rng.integers(0, 2, 4000), np.arange(4000))
    assert [plant.percentile for plant in found.values()] == [*V2.plants.percentiles, *V2.plants.percentiles]
    for plant in found.values():
        assert V2.plants.recovered < plant.recovered.value < V2.plants.worth + 0.06
        assert not plant.missed


def test_with_too_few_images_a_direction_the_plant_is_missed_and_removal_is_not_claimed() -> None:
    rng = np.random.default_rng(0)
    features, groups = rng.normal(size=(600, 120)), rng.integers(0, 2, 600)
    found = plants(features, groups, np.arange(600))
    assert all(plant.missed for name, plant in found.items() if "quadratic" in name)
    result = decode(features, groups, np.arange(600))
    assert "PLANT_MISSED" in result.flags
    assert not any(claim.answer == "granted" for claim in result.removal)


def test_nothing_is_planted_in_constant_features() -> None:
    assert not plants(np.ones((60, 3)), np.arange(60) % 2, np.arange(60))


def test_a_random_label_is_not_read_whatever_the_features_hold() -> None:
    found, splits, design = sample(*data(3.0, patients=200, images=3, groups=3))
    estimate = random_label(found, splits, replace(V2, probes=(Ridge, Trees)), design, 0)
    assert not leaks(estimate, V2)
    assert abs(estimate.value - 0.5) < 3 * estimate.standard_error


def test_a_label_that_is_read_all_the_same_is_a_leak() -> None:
    """The features name the patient, and the same patients fit and are tested under other codes."""
    rng = np.random.default_rng(0)
    owners = np.repeat(np.arange(100), 8)
    features = 5 * rng.normal(size=(100, 12))[owners] + 0.1 * rng.normal(size=(800, 12))
    groups = rng.integers(0, 2, 100)[owners]
    found, splits, design = sample(features, groups, np.arange(800))
    relabelled = found.relabelled(rng.integers(0, 2, 100)[owners], found.names)
    read = read_split(SplitCoordinates(relabelled, splits[0], V2.systems, 0), [Trees])
    value, influence = decide_all(pairs(read.strongest().log_posteriors, relabelled.groups[read.rows]))
    estimate = _of_first(design, [(value, by_patient(found, read.rows, influence))])
    assert value > 0.9
    assert leaks(estimate, V2)
