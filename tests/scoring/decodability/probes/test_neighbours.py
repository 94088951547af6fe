import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier

from bench.scoring.decodability.probes import neighbours
from bench.scoring.decodability.probes.neighbours import Neighbours
from bench.scoring.decodability.probes.probe import Training


def training(coordinates: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None, seed: int = 0) -> Training:
    n, width = coordinates.shape
    weights = np.ones(n) if weights is None else weights
    k = int(groups.max()) + 1
    return Training(coordinates, groups, weights, np.ones(width), coordinates[:0], groups[:0], k, seed)


def test_votes_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    fit, test, groups = rng.normal(size=(600, 5)), rng.normal(size=(100, 5)), rng.choice(3, 600, p=[0.1, 0.3, 0.6])
    given = training(fit, groups)
    for count, scores in zip(Neighbours.counts, Neighbours.fit(given).predict(test), strict=True):
        shares = KNeighborsClassifier(count).fit(fit, groups).predict_proba(test)
        np.testing.assert_allclose(np.exp(scores), count * shares + given.prevalence, atol=1e-9)


def test_votes_count_their_weight() -> None:
    coordinates, groups = np.arange(20.0)[:, None], np.repeat([0, 1], 10)
    weights = np.where(groups == 0, 1.5, 0.5)
    scores = Neighbours.fit(training(coordinates, groups, weights)).predict(np.array([[9.4]]))
    # Of the 15 nearest, from 2 to 16 (9.4 - 2 < 17 - 9.4), eight are of group 0.
    np.testing.assert_allclose(np.exp(scores[0, 0]), [8 * 1.5 + 0.75, 7 * 0.5 + 0.25])


def test_it_reads_a_radius() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 2, 4000)
    coordinates = rng.normal(size=(4000, 8)) * np.where(groups, 1.5, 1.0)[:, None]
    scores = Neighbours.fit(training(coordinates[:2000], groups[:2000])).predict(coordinates[2000:])
    aurocs = [roc_auc_score(groups[2000:], s[:, 1] - s[:, 0]) for s in scores]
    assert min(aurocs) > 0.7
    assert max(aurocs) > 0.75


def test_references_are_capped_and_drawn_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MAX_REFERENCES", 200)
    rng = np.random.default_rng(0)
    coordinates, groups = rng.normal(size=(1000, 3)), rng.integers(0, 2, 1000)
    readers = [Neighbours.fit(training(coordinates, groups, seed=seed)) for seed in (0, 0, 1)]
    assert readers[0].references.shape == (200, 3)
    first, again, other = (reader.predict(coordinates[:50]) for reader in readers)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("width", [0, 1, 30])
def test_fewer_images_than_neighbours(width: int) -> None:
    coordinates, groups = np.random.default_rng(0).normal(size=(24, width)), np.repeat([0, 1, 2], [1, 3, 20])
    scores = Neighbours.fit(training(coordinates, groups)).predict(coordinates)
    assert scores.shape == (3, 24, 3)
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(scores[1], scores[2])  # 24 neighbours each
    assert np.allclose(scores[2], scores[2, 0])
