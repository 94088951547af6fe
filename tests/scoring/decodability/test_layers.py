import numpy as np
import pytest

from bench.scoring.decodability.layers import richness


def test_directions_are_counted_whatever_scale_offset_and_rotation() -> None:
    rng = np.random.default_rng(0)
    latent = rng.normal(size=(300, 4))
    features = latent @ rng.normal(size=(4, 20))
    assert richness(features) == 4
    assert richness(features * np.geomspace(1e-6, 1e6, 20) + 100) == 4
    assert richness(features.astype(np.float32)) == 4


@pytest.mark.parametrize(("noise", "expected"), [(1e-3, 4), (0.2, 20)])
def test_noise_below_one_percent_is_no_direction(noise: float, expected: int) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2000, 4)) @ rng.normal(size=(4, 20))
    assert richness(features + noise * rng.normal(size=features.shape)) == expected


def test_fewer_images_than_features() -> None:
    rng = np.random.default_rng(0)
    assert richness(rng.normal(size=(10, 50))) == 9


def test_constant_features_have_none() -> None:
    assert richness(np.ones((30, 4))) == 0
    assert richness(np.c_[np.ones(30), np.arange(30.0)]) == 1
