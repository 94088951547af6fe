from dataclasses import replace

import numpy as np
import pytest

from bench.scoring.decodability.probes.probe import Training
from bench.scoring.decodability.probes.quadratic import Quadratic
from bench.scoring.decodability.reduction import Reduction
from bench.scoring.suites import V2


def whiten(features: np.ndarray, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Whitened coordinates, and what a unit vector of the features becomes in them."""
    weights = np.ones(len(features)) if weights is None else weights
    centred = features - np.average(features, axis=0, weights=weights)
    values, vectors = np.linalg.eigh(np.cov(centred.T, aweights=weights, bias=True))
    return centred @ (vectors / np.sqrt(values)), (vectors * np.sqrt(values)).T


def spread_apart(n: int, width: int, shares: tuple[float, ...], spreads: tuple[float, ...]) -> tuple[np.ndarray, ...]:
    """Whitened coordinates, groups and the one whitened direction whose spread depends on the group."""
    rng = np.random.default_rng(0)
    groups = rng.choice(len(shares), n, p=shares)
    features = rng.normal(size=(n, width))
    features[:, 0] *= np.array(spreads)[groups]
    whitened, images = whiten(features)
    return whitened, groups, images[:, 0] / np.linalg.norm(images[:, 0])


@pytest.mark.parametrize(
    ("n", "width", "shares", "spreads", "least"),
    [
        (1400, 128, (0.33, 0.33, 0.34), (2.0, 1.0, 1.4), 0.7),
        (1400, 128, (0.1, 0.3, 0.6), (1.0, 1.0, 2.0), 0.7),  # of which SAVE itself finds less than .1
        (2500, 200, (0.2, 0.3, 0.5), (1.0, 2.0, 1.0), 0.8),
        (1400, 64, (0.3, 0.7), (2.0, 1.0), 0.85),
    ],
)
def test_a_direction_of_different_spread_comes_first(
    n: int, width: int, shares: tuple[float, ...], spreads: tuple[float, ...], least: float
) -> None:
    whitened, groups, truth = spread_apart(n, width, shares, spreads)
    found = Reduction.fit(whitened, groups, np.ones(n), len(shares), V2.systems).directions
    # The first of those sought among all coordinates; the first among the leading ones stands before it.
    first = len(shares) - 1 + (width > V2.systems.sought)
    assert abs(found[:, first] @ truth) > least


def test_means_come_first_and_span_what_sliced_inverse_regression_does() -> None:
    rng = np.random.default_rng(0)
    groups = rng.choice(3, 900, p=[0.2, 0.3, 0.5])
    features = rng.normal(size=(900, 20)) + 0.8 * rng.normal(size=(3, 20))[groups]
    weights = rng.uniform(0.5, 1.5, 900)
    weights /= weights.mean()
    whitened, _ = whiten(features, weights)
    found = Reduction.fit(whitened, groups, weights, 3, V2.systems).directions[:, :2]
    means = np.stack([np.average(whitened[groups == k], axis=0, weights=weights[groups == k]) for k in range(3)])
    shares = np.bincount(groups, weights) / 900
    values, vectors = np.linalg.eigh((means.T * shares) @ means)
    assert values[-1] > values[-2] > 10 * abs(values[-3])
    np.testing.assert_allclose(np.abs(found.T @ vectors[:, :-3:-1]), np.eye(2), atol=1e-6)


def test_spread_is_found_beside_means() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 3000)
    features = rng.normal(size=(3000, 40))
    features[:, 0] += 2 * groups
    features[:, 1] *= 1 + groups
    whitened, images = whiten(features)
    found = Reduction.fit(whitened, groups, np.ones(3000), 2, V2.systems).directions
    truths = images[:, :2] / np.linalg.norm(images[:, :2], axis=0)
    assert (np.abs((found[:, :2] * truths).sum(axis=0)) > 0.9).all()


def test_what_was_reduced_is_read() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 2, 6000)
    features = rng.normal(size=(6000, 100))
    features[:, 0] = np.abs(features[:, 0]) * np.sign(features[:, 1]) * np.where(groups, 1, -1)
    features @= np.linalg.qr(rng.normal(size=(100, 100)))[0]
    fit = slice(3000)
    reduction = Reduction.fit(features[fit], groups[fit], np.ones(3000), 2, V2.systems)
    low = reduction.transform(features)
    assert low.shape == (6000, 32)
    given = Training(low[fit], groups[fit], np.ones(3000), np.ones(32), low[:0], groups[:0], 2)
    scores = Quadratic.fit(given).predict(low[3000:])[0]
    assert ((scores[:, 1] > scores[:, 0]) == groups[3000:]).mean() > 0.65


def test_directions_are_orthonormal_and_weights_are_repeats() -> None:
    rng = np.random.default_rng(0)
    groups = rng.choice(3, 200, p=[0.2, 0.3, 0.5])
    weights = rng.integers(1, 4, 200)
    whitened, _ = whiten(rng.normal(size=(200, 12)) * (1 + groups[:, None] * np.linspace(0, 1, 12)), weights)
    six = replace(V2.systems, reduced=6)
    weighted = Reduction.fit(whitened, groups, weights.astype(float), 3, six).directions
    np.testing.assert_allclose(weighted.T @ weighted, np.eye(6), atol=1e-9)
    rows = np.repeat(np.arange(200), weights)
    repeated = Reduction.fit(whitened[rows], groups[rows], np.ones(len(rows)), 3, six).directions
    np.testing.assert_allclose(np.abs((weighted * repeated).sum(axis=0)), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("n", "width", "size", "expected"),
    [(40, 300, 32, 32), (200, 5, 32, 5), (200, 1, 32, 1), (40, 0, 32, 0), (60, 9, 1, 1)],
)
def test_more_coordinates_than_images_fewer_than_asked_for_and_groups_of_three(
    n: int, width: int, size: int, expected: int
) -> None:
    rng = np.random.default_rng(0)
    groups = np.r_[0, 1, 1, 1, np.full(n - 4, 2)]
    systems = replace(V2.systems, reduced=size)
    reduction = Reduction.fit(rng.normal(size=(n, width)), groups, np.ones(n), 3, systems)
    low = reduction.transform(rng.normal(size=(7, width)))
    assert low.shape == (7, expected)
    assert np.isfinite(low).all()
    np.testing.assert_allclose(reduction.directions.T @ reduction.directions, np.eye(expected), atol=1e-9)
