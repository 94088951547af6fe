from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from bench.scoring.decodability.probes.probe import Training
from bench.scoring.decodability.probes.quadratic import Quadratic, pool


def training(coordinates: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None) -> Training:
    n, width = coordinates.shape
    weights = np.ones(n) if weights is None else weights
    return Training(coordinates, groups, weights, np.ones(width), coordinates[:0], groups[:0], int(groups.max()) + 1)


def spread_apart(n: int, width: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    groups = rng.choice(3, n, p=[0.2, 0.3, 0.5])
    coordinates = rng.normal(size=(n, width)) * (1 + groups[:, None] * np.linspace(0.5, 0, width))
    return coordinates + 0.3 * rng.normal(size=(3, width))[groups], groups


def test_without_shrinkage_it_is_scikit_learns_quadratic_discriminant_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Quadratic, "grid", ((0.0, 0.0),))
    (fit, groups), (test, _) = spread_apart(400), spread_apart(100, seed=0)
    ours = Quadratic.fit(training(fit, groups)).predict(test)[0]
    # Theirs divides by n - 1, ours by n.
    theirs = QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.0, covariance_estimator=None)
    np.testing.assert_allclose(log_softmax(ours, axis=1), theirs.fit(fit, groups).predict_log_proba(test), rtol=1e-8)


def test_pooling_goes_from_each_groups_covariance_to_the_common_one() -> None:
    rng = np.random.default_rng(0)
    scatters, totals = np.array([np.cov(rng.normal(size=(3, 50))) for _ in range(2)]), np.array([10.0, 40.0])
    np.testing.assert_allclose(pool(scatters, totals, 0.0), scatters / totals[:, None, None])
    np.testing.assert_allclose(pool(scatters, totals, 1.0), np.tile(scatters.sum(axis=0) / 50, (2, 1, 1)))
    half = pool(scatters, totals, 0.2)
    # Of the ten images of the first group and the fifty of all, .8 and .2: more than half is the group's own.
    np.testing.assert_allclose(half[0], (scatters[0] + 0.2 * scatters[1]) / (8 + 10))


def test_it_reads_spread_and_xor_where_means_agree() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 2, 4000)
    wide = rng.normal(size=(4000, 6)) * np.where(groups[:, None] * (np.arange(6) == 0), 2.0, 1.0)
    xor = rng.normal(size=(4000, 6))
    xor[:, 0] = np.abs(xor[:, 0]) * np.sign(xor[:, 1]) * np.where(groups, 1, -1)
    for coordinates, least in ((wide, 0.68), (xor, 0.85)):
        scores = Quadratic.fit(training(coordinates[:2000], groups[:2000])).predict(coordinates[2000:])
        aurocs = [roc_auc_score(groups[2000:], s[:, 1] - s[:, 0]) for s in scores]
        assert max(aurocs) > least
        assert aurocs[0] > aurocs[-1]


def test_a_weight_of_two_is_an_image_twice() -> None:
    coordinates, groups = spread_apart(120)
    weights = np.random.default_rng(0).integers(1, 4, 120)
    twice = training(np.repeat(coordinates, weights, axis=0), np.repeat(groups, weights))
    weighted = training(coordinates, groups, weights / weights.mean())
    np.testing.assert_allclose(
        Quadratic.fit(weighted).predict(coordinates), Quadratic.fit(twice).predict(coordinates), rtol=1e-9
    )


def test_only_the_strongest_directions_are_read() -> None:
    coordinates, groups = spread_apart(300, width=32)
    reader = Quadratic.fit(training(coordinates, groups))
    assert reader.means.shape == (3, 18)
    changed = np.hstack([coordinates[:, :18], 1e3 + coordinates[:, 18:]])
    np.testing.assert_array_equal(reader.predict(coordinates), reader.predict(changed))


def test_groups_far_apart_do_not_saturate() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1], 50)
    coordinates = rng.normal(size=(100, 2)) + 60 * groups[:, None]
    scores = Quadratic.fit(training(coordinates, groups)).predict(coordinates)
    assert len(np.unique(scores[0, :, 1] - scores[0, :, 0])) == 100


@pytest.mark.parametrize("width", [0, 1, 20])
def test_groups_of_one_image_and_few_coordinates(width: int) -> None:
    coordinates, groups = np.random.default_rng(0).normal(size=(24, width)), np.repeat([0, 1, 2], [1, 3, 20])
    given = training(coordinates, groups)
    scores = Quadratic.fit(given).predict(coordinates)
    assert scores.shape == (len(Quadratic.settings), 24, 3)
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores, Quadratic.fit(given).predict(coordinates))
    if width == 0:
        np.testing.assert_allclose(scores, np.broadcast_to(np.log(given.prevalence), scores.shape))
    same = replace(given, fit=np.zeros_like(coordinates))
    assert np.isfinite(Quadratic.fit(same).predict(coordinates)).all()
