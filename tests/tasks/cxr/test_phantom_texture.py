"""Fields of waves: one field at every size, of stated variance and orientation."""

from collections.abc import Callable

import numpy as np
import pytest
from bench.builtin.tasks.cxr import _phantom_texture as texture


def numbers(seed: int) -> Callable[[int], np.random.Generator]:
    return lambda block: np.random.default_rng([seed, block])


@pytest.mark.parametrize("larger", [192, 320])
def test_a_texture_is_one_field_at_every_size(larger: int) -> None:
    """192 = 3 · 64, 320 = 5 · 64: the middle one of so many pixels has the center of a pixel of the smaller image."""
    step = larger // 64
    coarse, fine = (texture.Waves(numbers(1), size).field(texture.octave_gains(size)[1][0]) for size in (64, larger))
    np.testing.assert_allclose(fine[step // 2 :: step, step // 2 :: step], coarse, atol=1e-4)


def test_a_larger_image_adds_finer_waves_alone() -> None:
    coarse, fine = (texture.Waves(numbers(2), size).field(texture.cloud_gain(size)) for size in (64, 192))
    spectra = [np.fft.fft2(field)[:31, :31] / field.size for field in (coarse, fine)]
    # The centers of the first pixels lie half a pixel from the edge: another one at each size.
    waves = np.arange(31)
    shift = np.exp(1j * np.pi * (waves[:, None] + waves) * (1 / 64 - 1 / 192))
    np.testing.assert_allclose(spectra[1] * shift, spectra[0], atol=1e-5)
    assert fine.var() > coarse.var()


def test_variances_are_as_stated() -> None:
    def variance(gain: np.ndarray) -> float:
        return float(np.mean([texture.Waves(numbers(seed), 64).field(gain).var() for seed in range(150)]))

    assert variance(texture.cloud_gain(64)) == pytest.approx(1, abs=0.1)
    for plus, minus in texture.octave_gains(64)[:4]:
        assert variance(plus) == pytest.approx(1, abs=0.12)
        assert variance(minus) == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize("octave", range(5))
def test_an_octave_runs_at_45_degrees_about_its_center(octave: int) -> None:
    plus, minus = texture.octave_gains(128)[octave]
    power = [
        np.mean([np.abs(np.fft.fft2(texture.Waves(numbers(s), 128).field(gain))) ** 2 for s in range(20)], axis=0)
        for gain in (plus, minus)
    ]
    down, across = np.meshgrid(np.fft.fftfreq(128) * 128, np.fft.fftfreq(128) * 128, indexing="ij")
    same_sign = down * across > 0
    assert power[0][same_sign].sum() > 0.95 * power[0].sum()
    assert power[1][same_sign].sum() < 0.05 * power[1].sum()
    radius = np.average(np.log2(np.maximum(np.hypot(down, across), 0.5)), weights=power[0])
    # More waves lie on the outer side of a ring than on the inner one.
    assert 0 < radius - np.log2(texture.OCTAVES[octave]) < 0.5
