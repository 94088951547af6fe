import numpy as np
import pytest

from bench.scoring.decodability.whitening import Whitening


def test_the_fit_part_comes_out_white() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 12)) @ rng.normal(size=(12, 12)) + 7
    whitened = Whitening.fit(features).transform(features)
    np.testing.assert_allclose(whitened.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(whitened.T @ whitened / 400, np.eye(12), atol=1e-8)


@pytest.mark.parametrize("factor", [1e-200, 1e-6, 1e150])
def test_scale_does_not_matter(factor: float) -> None:
    features = np.random.default_rng(0).normal(size=(100, 5)) * [1, 2, 3, 1e-3, 1e-4]
    plain, scaled = Whitening.fit(features), Whitening.fit(features * factor)
    np.testing.assert_allclose(scaled.variances, plain.variances, rtol=1e-9)
    signs = np.sign((scaled.directions * plain.directions).sum(axis=0))
    np.testing.assert_allclose(
        scaled.transform(features * factor) * signs, plain.transform(features), rtol=1e-6, atol=1e-9
    )


def test_keeps_a_direction_of_1e_8_of_the_variance_and_drops_none_but_zeros() -> None:
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    spread = np.array([1, 1, 0.5, 1e-2, 1e-4, 0])
    whitening = Whitening.fit((rng.normal(size=(500, 6)) * spread) @ rotation)
    assert whitening.rank == 5
    assert whitening.condition_number == pytest.approx(1e8, rel=0.3)


def test_effective_rank_counts_equal_directions() -> None:
    features = np.vstack([np.eye(4), -np.eye(4)]) * 3.0
    whitening = Whitening.fit(np.hstack([features, np.full((8, 2), 0.1)]))
    assert whitening.rank == 4
    assert whitening.effective_rank == pytest.approx(4)
    assert whitening.condition_number == pytest.approx(1)


def test_constant_features_have_no_direction() -> None:
    whitening = Whitening.fit(np.full((10, 3), 0.1))
    assert (whitening.rank, whitening.effective_rank, whitening.condition_number) == (0, 0.0, 1.0)
    assert whitening.transform(np.full((4, 3), 0.1)).shape == (4, 0)
