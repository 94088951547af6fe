import numpy as np
import pytest

from bench.scoring.decodability.whitening import Whitening


def fitted(features: np.ndarray, weights: np.ndarray | None = None) -> Whitening:
    return Whitening.fit(features, np.arange(len(features)), weights)


def whitened(features: np.ndarray) -> np.ndarray:
    return fitted(features).transform(features, np.arange(len(features)))


@pytest.mark.parametrize("n", [400, 9000])  # one block of rows, and several
def test_the_fit_part_comes_out_white(n: int) -> None:
    rng = np.random.default_rng(0)
    z = whitened(rng.normal(size=(n, 12)) @ rng.normal(size=(12, 12)) + 7)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(z.T @ z / n, np.eye(12), atol=1e-5)


def test_only_the_rows_asked_for_are_learnt_from() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 4))
    rows = np.arange(5, 45)
    a, b = Whitening.fit(features, rows), fitted(features[rows])
    np.testing.assert_array_equal(a.directions, b.directions)
    np.testing.assert_array_equal(a.transform(features, rows), b.transform(features[rows], np.arange(40)))


def test_an_images_weight_is_how_often_it_counts() -> None:
    rng = np.random.default_rng(0)
    features, weights = rng.normal(size=(50, 4)), rng.integers(1, 4, 50)
    a, b = fitted(features, weights.astype(float)), fitted(np.repeat(features, weights, axis=0))
    np.testing.assert_allclose(a.offset, b.offset, atol=1e-12)
    np.testing.assert_allclose(a.variances, b.variances)
    np.testing.assert_allclose(np.abs(a.directions), np.abs(b.directions))


def test_power_is_the_mean_variance_of_a_feature() -> None:
    features = np.random.default_rng(0).normal(size=(300, 6)) * [1, 2, 3, 4, 5, 6]
    assert fitted(features).power == pytest.approx(features.var(axis=0).mean())


@pytest.mark.parametrize("factor", [1e-200, 1e-6, 1e150])
def test_scale_does_not_matter(factor: float) -> None:
    features = np.random.default_rng(0).normal(size=(100, 5)) * [1, 2, 3, 1e-3, 1e-4]
    plain, scaled = fitted(features), fitted(features * factor)
    np.testing.assert_allclose(scaled.variances, plain.variances, rtol=1e-9)
    signs = np.sign((scaled.directions * plain.directions).sum(axis=0))
    np.testing.assert_allclose(whitened(features * factor) * signs, whitened(features), rtol=1e-5, atol=1e-6)


def test_keeps_a_direction_of_1e_8_of_the_variance_and_drops_none_but_zeros() -> None:
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    spread = np.array([1, 1, 0.5, 1e-2, 1e-4, 0])
    whitening = fitted((rng.normal(size=(500, 6)) * spread) @ rotation)
    assert whitening.rank == 5
    assert whitening.condition_number == pytest.approx(1e8, rel=0.3)


def test_effective_rank_counts_equal_directions() -> None:
    features = np.vstack([np.eye(4), -np.eye(4)]) * 3.0
    whitening = fitted(np.hstack([features, np.full((8, 2), 0.1)]))
    assert whitening.rank == 4
    assert whitening.effective_rank == pytest.approx(4)
    assert whitening.condition_number == pytest.approx(1)


def test_constant_features_have_no_direction() -> None:
    whitening = fitted(np.full((10, 3), 0.1))
    assert (whitening.rank, whitening.effective_rank, whitening.condition_number) == (0, 0.0, 1.0)
    assert whitening.transform(np.full((4, 3), 0.1), np.arange(4)).shape == (4, 0)
