"""Random fields that are the same at every image size: sums of waves, drawn in blocks from coarse to fine.

A wave has whole numbers of cycles per image along both axes, and an amplitude that does not depend on the image size:
at 64 or 256 pixels it is the same field, sampled at the pixels' centers; a larger image only adds finer waves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft

#: Block b holds the waves with fewer than 32 · 2^b cycles along both axes that no block before it holds.
_FIRST_BLOCK = 32


@dataclass(frozen=True)
class Octaves:
    """Bands of oriented noise: centers in cycles per image, half-width in octaves, and that of the lobes in radians."""

    centers: tuple[float, ...]
    width: float
    lobe: float


class Waves:
    """Standard complex amplitudes of all waves that an image of a size can show.

    Args:
        generator: random numbers of block b, the same whatever the size.
        size: pixels on a side.
    """

    def __init__(self, generator: Callable[[int], np.random.Generator], size: int) -> None:
        self.size = size
        count = max(0, int(np.ceil(np.log2(size / 2 / _FIRST_BLOCK)))) + 1
        reach = _FIRST_BLOCK * 2 ** (count - 1)
        amplitudes = np.empty((2 * reach - 1, reach), np.complex64)
        # The finest block is laid down whole, and the coarser ones over its middle.
        for b in reversed(range(count)):
            n = _FIRST_BLOCK * 2**b
            drawn = generator(b).standard_normal((2 * n - 1, n, 2), dtype=np.float32)
            amplitudes[reach - n : reach + n - 1, :n] = drawn.view(np.complex64)[..., 0]
        highest = _highest(size)
        self._amplitudes = amplitudes[reach - highest : reach + highest - 1, :highest]

    def field(self, gain: np.ndarray) -> np.ndarray:
        """The waves, each times its ``gain`` (see below), summed at the pixels' centers, ``(size, size) float32``."""
        rows, phase = _placement(self.size)
        spectrum = np.zeros((self.size, self.size // 2 + 1), np.complex64)
        spectrum[rows, : phase.shape[1]] = self._amplitudes * (gain * phase)
        return np.asarray(fft.irfft2(spectrum, s=(self.size, self.size)))


@lru_cache(maxsize=4)
def cloud_gain(size: int) -> np.ndarray:
    """Gains of isotropic noise whose amplitudes fall as 1/f; what 64 pixels can show of it has unit variance."""
    return _gain(lambda radius, angle: 1 / np.maximum(radius, 1), size, _FIRST_BLOCK)


@lru_cache(maxsize=4)
def octave_gains(size: int, octaves: Octaves) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The gains of the +45° and of the -45° noise of every octave that the image can show; each has unit variance."""

    def lobe(center: float, at: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        return lambda radius, angle: np.exp(
            -0.5 * (np.log2(np.maximum(radius, 0.1) / center) / octaves.width) ** 2
            - 0.5 * ((angle - at) / octaves.lobe) ** 2
        )

    return tuple(
        (
            _gain(lobe(center, np.pi / 4), size, int(4 * center)),
            _gain(lobe(center, -np.pi / 4), size, int(4 * center)),
        )
        for center in octaves.centers
        if center < size / np.sqrt(2)
    )


def _gain(shape: Callable[[np.ndarray, np.ndarray], np.ndarray], size: int, reach: int) -> np.ndarray:
    """Gains of this shape for the waves of an image; over all waves below ``reach`` they have unit variance."""
    radius, angle, weight = _polar(reach)
    variance = (weight * shape(radius, angle) ** 2).sum()
    radius, angle, weight = _polar(_highest(size))
    # The half-spectrum holds the waves of column 0 twice, each with half the weight of the others.
    gain = shape(radius, angle) * (weight > 0) * np.where(weight == 2, np.sqrt(2), 1)
    return np.asarray((gain / np.sqrt(variance)).astype(np.float32))


def _polar(highest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Radius, angle and weight in the variance of the waves below ``highest``; the mean is no wave."""
    down, across = np.mgrid[1 - highest : highest, 0:highest]
    weight = np.where((down == 0) & (across == 0), 0, np.where(across == 0, 2, 4))
    return np.hypot(down, across), np.arctan2(down, across), weight


def _highest(size: int) -> int:
    """The waves of an image have fewer than this many cycles along an axis."""
    return max((size + 1) // 2, 1)


@lru_cache(maxsize=4)
def _placement(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the size's spectrum that the waves go to, and the phase of half a pixel's shift."""
    highest = _highest(size)
    down = np.arange(1 - highest, highest)
    phase = np.exp(1j * np.pi * (down[:, None] + np.arange(highest)) / size) * size**2
    return down % size, phase.astype(np.complex64)
