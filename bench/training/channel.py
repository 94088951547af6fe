"""The channel between ``encode`` and ``classify``: what of its features a network's head is given where it is scored.

Features are centred and scaled by the mean and deviation that they have on training images, rounded to bfloat16, given
a little fixed noise, and scaled back. A head that diagnoses from its features loses nothing by it (docs/decodability.md
has it measured); what it would have to decipher from their last digits is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from bench.errors import BenchError

#: Noise, in deviations of a feature on training images; of a value that lies farther out, in such values.
NOISE = 0.01
#: A feature whose deviation is less than this share of its mean has none: float32 holds no more of it than rounding.
_CONSTANT = 2.0**-22
#: Put before an image's name, so that its noise is drawn from nothing else.
_KEY = b"channel\0"


@dataclass(frozen=True)
class Channel:
    """What features pass through on their way to the head; ``mean`` and ``deviation`` ``(D,) float32``.

    A feature that is the same for all training images has deviation 0 and comes out as its mean.
    """

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> Channel:
        """The channel of a network with these features ``(N, D)`` of its training images."""
        mean = features.mean(axis=0, dtype=np.float64)
        deviation = np.sqrt(np.square(features - mean).mean(axis=0))
        deviation[deviation <= _CONSTANT * np.abs(mean)] = 0.0
        return cls(mean.astype(np.float32), deviation.astype(np.float32))

    def __call__(self, features: np.ndarray, images: Iterable[str]) -> np.ndarray:
        """The features ``(N, D) float32`` as they are stored, given the names of their images.

        The noise of an image comes from its name alone: it is the same whatever else is read, in whatever order and
        batches, for every network, and for the image's twins. ``encode`` never knows the name, so that it cannot take
        away beforehand what will be added.

        Raises:
            BenchError: for another number of features than on training images.
        """
        if features.shape[1:] != self.mean.shape:
            raise BenchError(
                f"The network has {features.shape[1]} features of these images and had {len(self.mean)} of its training"
                " images: encode must return as many of every image."
            )
        constant = self.deviation == 0
        with np.errstate(over="ignore", invalid="ignore"):
            z = (features - self.mean) / np.where(constant, 1.0, self.deviation).astype(np.float32)
            z = torch.from_numpy(z).bfloat16().float().numpy()
            # Far out bfloat16 has digits to spare; there the noise grows with the value.
            z += np.float32(NOISE) * np.maximum(np.abs(z), 1.0) * noise(images, len(self.mean))
            stored: np.ndarray = self.mean + self.deviation * z
        stored[:, constant] = self.mean[constant]
        return stored


def noise(images: Iterable[str], size: int) -> np.ndarray:
    """Standard normal numbers ``(N, size) float32``, each row drawn from the name of its image alone."""
    rows = [_stream(name).standard_normal(size, dtype=np.float32) for name in images]
    return np.stack(rows) if rows else np.zeros((0, size), dtype=np.float32)


def _stream(name: str) -> np.random.Generator:
    key = hashlib.sha256(_KEY + name.encode("utf-8", "surrogatepass")).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(key[:16], dtype=np.uint64)))
