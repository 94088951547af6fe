"""What is done to an image before a network reads race from it.

Every transform is a frozen dataclass, so that its ``repr`` says all that determines it, and maps float images
``(B, C, H, W)`` in grey levels 0 … 255 to float images. Nothing is rounded or clipped to that range afterwards: what a
high-pass leaves has amplitudes below one grey level. Every image is treated by itself, never with its batch.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

#: The size at which the paper states its cut-offs.
PAPER_SIZE = 224
GREYS = 255.0
MID_GREY = 127.5


class Transform(Protocol):
    """A change of images. With ``fresh`` whatever is random is drawn anew, else it is decided by the image alone."""

    def __call__(self, images: Tensor, fresh: bool = False) -> Tensor:
        """The changed images, of the same shape."""
        ...


@dataclass(frozen=True)
class Identity:
    """Leaves images as they are."""

    def __call__(self, images: Tensor, fresh: bool = False) -> Tensor:
        return images


@dataclass(frozen=True)
class Chain:
    """One transform after another."""

    steps: tuple[Transform, ...]

    def __call__(self, images: Tensor, fresh: bool = False) -> Tensor:
        for step in self.steps:
            images = step(images, fresh)
        return images


@dataclass(frozen=True)
class Band:
    """Keeps the frequencies whose radius r, in cycles per image, is in ``low <= r < high``; ``removed``: all others.

    On the centred spectrum that is the authors' mask, (u - c)² + (v - c)² < D² for a low-pass with cut-off D. The
    constant (r = 0) is treated as the mask says: a high-pass removes the mean.
    """

    low: float
    high: float
    removed: bool = False

    def mask(self, size: int) -> np.ndarray:
        """Which bins of ``numpy.fft.fft2`` of a ``size`` px image are kept, ``(size, size) bool``."""
        cycles = np.rint(np.fft.fftfreq(size) * size)
        square = cycles[:, None] ** 2 + cycles**2
        band: np.ndarray = (square >= self.low**2) & (square < self.high**2)
        return np.logical_not(band) if self.removed else band

    def bins_kept(self, size: int) -> float:
        """Share of the spectrum's bins that is kept."""
        return float(self.mask(size).mean())

    def __call__(self, images: Tensor, fresh: bool = False) -> Tensor:
        """The filtered images. In float64: rounding then stays 10⁻¹³ of a grey level, far below what may be left."""
        size = images.shape[-1]
        mask = torch.from_numpy(self.mask(size)[:, : size // 2 + 1]).to(images.device)
        spectrum = torch.fft.rfft2(images.double()) * mask
        back: Tensor = torch.fft.irfft2(spectrum, s=(size, size))
        return back.float()


def low_pass(radius: float) -> Band:
    """Keeps what lies below a radius."""
    return Band(0.0, radius)


def high_pass(radius: float) -> Band:
    """Keeps what a low-pass of the same radius removes."""
    return Band(radius, float("inf"))


def band_pass(low: float, high: float) -> Band:
    """Keeps what lies between two radii."""
    return Band(low, high)


def notch(low: float, high: float) -> Band:
    """Removes what lies between two radii."""
    return Band(low, high, removed=True)


def at_size(cutoff: float, size: int) -> float:
    """A cut-off of the paper, a radius at 224 px, as the one that keeps the same share of bins at ``size``."""
    return cutoff * size / PAPER_SIZE


@dataclass(frozen=True)
class Clip:
    """Clips what is brighter than a share of the grey range: bone loses its brightness, soft tissue nothing."""

    share: float

    def __call__(self, images: Tensor, fresh: bool = False) -> Tensor:
        """The clipped images."""
        return images.clamp(max=self.share * GREYS)


@dataclass(frozen=True)
class Resolution:
    """Averages areas down to ``pixels`` a side, and interpolates back to the former size (bilinear)."""

    pixels: int

    def __call__(self, images: Tensor, fresh: bool = False) -> Tensor:
        """The coarse images."""
        small = F.adaptive_avg_pool2d(images, self.pixels)
        return F.interpolate(small, size=images.shape[-2:], mode="bilinear", align_corners=False)


@dataclass(frozen=True)
class Noise:
    """Adds Gaussian noise of standard deviation ``sigma``, the grey range being 1. Nothing is clipped."""

    sigma: float

    def __call__(self, images: Tensor, fresh: bool = False) -> Tensor:
        """The noisy images; unless ``fresh``, an image always gets the same noise."""
        drawn = torch.randn_like(images) if fresh else torch.stack([_noise_of(image) for image in images])
        return images + self.sigma * GREYS * drawn


def _noise_of(image: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(zlib.crc32(image.cpu().numpy().tobytes()))
    return torch.randn(image.shape, generator=generator).to(image.device)


@dataclass(frozen=True)
class Blur:
    """Gaussian blur of standard deviation ``sigma`` px, over the two axes of the image alone; borders are repeated."""

    sigma: float

    def __call__(self, images: Tensor, fresh: bool = False) -> Tensor:
        """The blurred images."""
        reach = max(1, round(4 * self.sigma))
        offsets = torch.arange(-reach, reach + 1, dtype=torch.float32, device=images.device)
        kernel = torch.exp(-0.5 * (offsets / self.sigma) ** 2)
        kernel /= kernel.sum()
        planes = F.pad(images.flatten(0, 1).unsqueeze(1), (reach, reach, reach, reach), mode="replicate")
        planes = F.conv2d(F.conv2d(planes, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))
        return planes.reshape(images.shape)


@dataclass(frozen=True)
class Patch:
    """One square of a ``grid`` × ``grid`` division: alone with ``kept``, else removed; the rest becomes ``fill``.

    ``fill`` is mid-grey for images as they are and 0 for high-passed ones, whose mean it is. It is the same for every
    image: an image's own mean would tell of what was removed.
    """

    row: int
    column: int
    kept: bool
    grid: int = 3
    fill: float = MID_GREY

    def inside(self, size: int) -> np.ndarray:
        """The square's pixels, ``(size, size) bool``."""
        edges = np.rint(np.linspace(0, size, self.grid + 1)).astype(int)
        mask = np.zeros((size, size), dtype=bool)
        mask[edges[self.row] : edges[self.row + 1], edges[self.column] : edges[self.column + 1]] = True
        return mask

    def __call__(self, images: Tensor, fresh: bool = False) -> Tensor:
        """The images with the square alone, or without it."""
        shown = torch.from_numpy(self.inside(images.shape[-1]) == self.kept).to(images.device)
        return torch.where(shown, images, torch.full_like(images, self.fill))


@dataclass(frozen=True)
class Window:
    """Another exposure: grey values times ``gain`` plus ``offset`` of the grey range, clipped as by a detector."""

    gain: float = 1.0
    offset: float = 0.0

    def __call__(self, images: Tensor, fresh: bool = False) -> Tensor:
        """The images in the other window."""
        return (images * self.gain + self.offset * GREYS).clamp(0.0, GREYS)
