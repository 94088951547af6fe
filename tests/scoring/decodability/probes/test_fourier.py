from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import roc_auc_score

from bench.scoring.decodability.probes import fourier
from bench.scoring.decodability.probes.fourier import Fourier, Waves
from bench.scoring.decodability.probes.probe import Training


def training(coordinates: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None) -> Training:
    n, width = coordinates.shape
    weights = np.ones(n) if weights is None else weights
    return Training(coordinates, groups, weights, np.ones(width), coordinates[:0], groups[:0], int(groups.max()) + 1)


def xor(n: int, width: int = 4, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 2, n)
    coordinates = rng.normal(size=(n, width))
    coordinates[:, 0] = np.abs(coordinates[:, 0]) * np.sign(coordinates[:, 1]) * np.where(groups, 1, -1)
    return coordinates, groups


def contrast(scores: np.ndarray) -> np.ndarray:
    return scores[..., 1] - scores[..., 0]


def test_products_of_features_approach_the_gaussian_kernel() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 3)).astype(np.float32)
    waves = Waves((rng.standard_normal((3, 1024)) / 1.5).astype(np.float32), np.zeros(2048, np.float32))
    features = np.concatenate([block for _, block in waves.blocks(points)])
    squares = ((points[:, None] - points) ** 2).sum(axis=2)
    np.testing.assert_allclose(features @ features.T, np.exp(-squares / (2 * 1.5**2)), atol=0.12)


def test_two_groups_are_ranked_as_by_kernel_ridge_regression() -> None:
    (fit, groups), (test, _) = xor(300), xor(300, seed=2)
    given = training(fit, groups)
    scores = contrast(Fourier.fit(given).predict(test))
    distances = np.sqrt(((fit[:, None] - fit) ** 2).sum(axis=2))
    median = np.median(distances[np.triu_indices(300, 1)])
    kernel = np.exp(-(distances**2) / (2 * median**2))
    centred = kernel - kernel.mean(axis=0) - kernel.mean(axis=1, keepdims=True) + kernel.mean()
    cross = np.exp(-((test[:, None] - fit) ** 2).sum(axis=2) / (2 * median**2))
    cross = cross - cross.mean(axis=1, keepdims=True) - kernel.mean(axis=0) + kernel.mean()
    for number, penalty in enumerate(Fourier.penalties):
        alpha = penalty * centred.trace() / (2 * fourier._FREQUENCIES)
        theirs = KernelRidge(alpha=alpha, kernel="precomputed").fit(centred, groups - groups.mean()).predict(cross)
        ours = scores[len(Fourier.penalties) + number]  # the second bandwidth, 1
        assert np.corrcoef(ours, theirs)[0, 1] > 0.97


@pytest.mark.parametrize("n_groups", [2, 3])
def test_few_and_many_images_are_solved_alike(n_groups: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, n_groups, 400)
    coordinates = rng.normal(size=(400, 3)) + 0.5 * groups[:, None]
    given = training(coordinates, groups, rng.uniform(0.5, 1.5, 400))
    monkeypatch.setattr(fourier, "_FREQUENCIES", 250)  # more features than images: the images' Gram matrix
    monkeypatch.setattr(fourier, "_ROWS", 64)
    path = Fourier.fit(given).paths[1]
    waves = Fourier.fit(given).waves[1]
    features = np.concatenate([block for _, block in waves.blocks(coordinates.astype(np.float32))]).astype(float)
    shares = given.weights / given.weights.sum()
    np.testing.assert_allclose(shares @ features, 0, atol=1e-6)
    means = np.stack([np.average(features[groups == k], axis=0, weights=shares[groups == k]) for k in range(n_groups)])
    within = features - means[groups]
    scatter, total = (part.T @ (part * shares[:, None]) for part in (within, features))
    for penalty, coefficients, intercepts in zip(Fourier.penalties, path.coefficients, path.intercepts, strict=True):
        system = scatter + penalty * total.trace() / 500 * np.eye(500)
        exact = np.linalg.solve(system, means.T)
        expected = features @ exact + np.log(given.prevalence) - 0.5 * np.einsum("kd,dk->k", means, exact)
        found = features @ coefficients + intercepts
        assert np.abs(log_softmax(found, axis=1) - log_softmax(expected, axis=1)).max() < 0.01 * np.ptp(expected)
    # The same, once more images than features take the other way.
    monkeypatch.setattr(fourier, "_FREQUENCIES", 100)
    few = Fourier.fit(given)
    doubled = training(np.tile(coordinates, (2, 1)), np.tile(groups, 2), np.tile(given.weights, 2))
    np.testing.assert_allclose(few.predict(coordinates)[3:6], Fourier.fit(doubled).predict(coordinates)[3:6], atol=1)


def test_it_reads_xor_and_a_radius() -> None:
    coordinates, groups = xor(1600)
    rng = np.random.default_rng(0)
    sphere = rng.normal(size=(1600, 8)) * np.where(groups, 1.5, 1.0)[:, None]
    for given, least in ((coordinates, 0.95), (sphere, 0.8)):
        scores = contrast(Fourier.fit(training(given[:800], groups[:800])).predict(given[800:]))
        assert max(roc_auc_score(groups[800:], s) for s in scores) > least


def test_the_same_training_gives_the_same_scores() -> None:
    coordinates, groups = xor(200)
    given = training(coordinates, groups)
    first = Fourier.fit(given).predict(coordinates)
    np.testing.assert_array_equal(first, Fourier.fit(given).predict(coordinates))
    assert not np.array_equal(first, Fourier.fit(replace(given, seed=1)).predict(coordinates))


@pytest.mark.parametrize("width", [0, 1, 30])
def test_tiny_groups_and_few_coordinates(width: int) -> None:
    coordinates, groups = np.random.default_rng(0).normal(size=(24, width)), np.repeat([0, 1, 2], [1, 3, 20])
    given = training(coordinates, groups)
    scores = Fourier.fit(given).predict(coordinates)
    assert scores.shape == (9, 24, 3)
    assert np.isfinite(scores).all()
    if width == 0:
        np.testing.assert_allclose(scores, np.broadcast_to(np.log(given.prevalence), scores.shape), atol=1e-4)
        assert (scores == scores[:, :1]).all()


def test_the_smallest_penalty_holds_where_features_are_nearly_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fourier, "penalties", Fourier.penalties[:1])
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 2100)
    coordinates = rng.integers(0, 2, (2100, 1)) + 0.01 * rng.normal(size=(2100, 1)) + groups[:, None]
    scores = contrast(Fourier.fit(training(coordinates, groups)).predict(coordinates))
    assert min(roc_auc_score(groups, s) for s in scores) > 0.8
