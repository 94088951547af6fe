"""The random textures of a phantom radiograph, and the one that race is written in.

A texture is a sum of waves of fewer than 32 cycles per image whose amplitudes do not depend on the image size: at 64 or
256 pixels it is the same field, sampled at the pixels' centres.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from scipy import fft

#: Waves run up to this many cycles per image (exclusive): what 64 pixels can hold.
_WAVES = 32

#: The oriented noise: centre and width of its bands in cycles per image, and the width of its lobe in radians.
_BANDS = ((3.84, 1.28), (10.24, 2.56), (21.76, 3.84))
_LOBE = 0.35

#: Race as two latents: where a group's patients lie on average, and how far they scatter. The groups overlap: the
#: latents themselves give a macro AUROC of about .985.
RACE_CENTRES: Mapping[str, tuple[float, float]] = {"Asian": (1.6, -0.9), "Black": (-1.6, -0.9), "White": (0.0, 1.2)}
RACE_SCATTER = 0.8

#: How steeply the share of one orientation follows the latents, and how fast it changes sign across the middle of the
#: image, in half-images.
_STEEPNESS = 2.4
_STEP = 0.1


def clouds(rng: np.random.Generator, size: int) -> np.ndarray:
    """Isotropic 1/f noise of unit variance, ``(size, size) float32``."""
    return _field(_amplitudes(rng) * _gains()[2], size)


def oriented(rng: np.random.Generator, size: int, latents: np.ndarray) -> np.ndarray:
    """Noise of unit variance whose orientation is *arranged* by two latents, ``(size, size) float32``.

    At (x, y) in [-1, 1]², the share of waves at +45° is sigmoid(2.4·(z₀·tanh(x/.1) + z₁·tanh(y/.1))), the rest runs at
    -45°. The share is antisymmetric from left to right and from top to bottom, so it averages out over the image: a
    global texture statistic, hence an untrained network, hardly sees it, while a trained one finds it in every patch
    and band. Mixing by the square root keeps the variance the same everywhere, whatever the latents.

    Args:
        rng: where the waves are drawn from; the draws do not depend on the latents.
        size: pixels on a side.
        latents: z, ``(2,)``; zero leaves equal shares everywhere.
    """
    plus, minus, _ = _gains()
    amplitudes = _amplitudes(rng)
    step = np.tanh(((np.arange(size) + 0.5) * 2 / size - 1) / _STEP)
    lean = _STEEPNESS * (latents[0] * step + latents[1] * step[:, None])
    share = (1 / (1 + np.exp(-lean))).astype(np.float32)
    return np.sqrt(share) * _field(amplitudes * plus, size) + np.sqrt(1 - share) * _field(amplitudes * minus, size)


@lru_cache(maxsize=1)
def _gains() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the amplitudes of the (63, 32) waves are multiplied by: +45° noise, -45° noise, 1/f noise."""
    down, across = np.mgrid[1 - _WAVES : _WAVES, 0:_WAVES]
    radius = np.hypot(down, across)
    angle = np.arctan2(down, across)
    # Divided by the root of a band's area, so that each band has the same variance.
    bands = sum(np.exp(-0.5 * ((radius - centre) / width) ** 2) / np.sqrt(centre * width) for centre, width in _BANDS)
    shapes = [bands * np.exp(-0.5 * ((angle - lobe) / _LOBE) ** 2) for lobe in (np.pi / 4, -np.pi / 4)]
    shapes.append(1 / np.maximum(radius, 1))
    # The half-spectrum holds the waves of column 0 twice, each with half the weight of the others.
    variance = np.where(across == 0, 2.0, 4.0)
    plus, minus, cloud = (np.where((radius > 0) & (radius < _WAVES), shape, 0) for shape in shapes)

    def normalised(gain: np.ndarray) -> np.ndarray:
        scale = np.sqrt((variance * gain**2).sum())
        return (gain * np.where(across == 0, np.sqrt(2), 1) / scale).astype(np.float32)

    return normalised(plus), normalised(minus), normalised(cloud)


def _amplitudes(rng: np.random.Generator) -> np.ndarray:
    """One standard complex amplitude a wave, ``(63, 32) complex64``."""
    return rng.standard_normal((2 * _WAVES - 1, _WAVES, 2), dtype=np.float32).view(np.complex64)[..., 0]


def _field(waves: np.ndarray, size: int) -> np.ndarray:
    """The waves summed at the centres of the pixels; a smaller image leaves out what it cannot hold."""
    target, source, phase = _placement(size)
    spectrum = np.zeros((size, size // 2 + 1), np.complex64)
    spectrum[target, : phase.shape[1]] = waves[source, : phase.shape[1]] * phase
    return fft.irfft2(spectrum, s=(size, size))


@lru_cache(maxsize=4)
def _placement(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the size's spectrum, the rows of the waves that go there, and the phase of half a pixel's shift."""
    highest = min(_WAVES, size // 2)
    down = np.arange(1 - highest, highest)
    phase = np.exp(1j * np.pi * (down[:, None] + np.arange(highest)) / size) * size**2
    return down % size, down + _WAVES - 1, phase.astype(np.complex64)
