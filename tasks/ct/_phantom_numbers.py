"""The numbers of the CT phantom: how race shows in a slice, and the machines it is taken with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from bench.phantom import Arrangement, Octaves

#: The latents of a patient tell Black from White with an AUROC of about .98 at best; what keeps the groups apart less
#: clearly in a slice is its wander, over which a study averages. Contrasts are in units of :data:`TEXTURE`.
ARRANGEMENT = Arrangement(
    centers={"Asian": (1.5, -0.8), "Black": (-1.4, -0.8), "White": (0.0, 1.2)},
    scatter=0.88,
    step=0.12,
    octaves=Octaves(centers=(2.5, 5.0, 10.0, 20.0, 45.0, 80.0, 160.0), width=0.45, lobe=0.35),
    contrasts=(0.30, 0.80, 1.0, 1.0, 0.5, 0.32, 0.2),
    steepness=2.4,
    finest=4,
    wander=1.0,
    regions=4,
)
#: Hounsfield units of the texture where there is nothing but air, and where there is none.
LUNG_TEXTURE, SOFT_TEXTURE = 62.0, 15.0

#: Center and width in Hounsfield units.
WINDOWS: Mapping[str, tuple[float, float]] = {"lung": (-520.0, 1400.0), "soft tissue": (30.0, 500.0)}


@dataclass(frozen=True)
class Scanner:
    """One machine: σ of its kernel in half-images, noise in Hounsfield units, and its share of lung windows."""

    blur: float
    noise: float
    lung: float


#: Two sites of two machines each: sharp kernels and lung windows in the north; in the south smoother ones, and as many
#: soft-tissue windows.
SCANNERS: Mapping[str, Scanner] = {
    "north sharp": Scanner(0.004, 60.0, 0.85),
    "north standard": Scanner(0.009, 35.0, 0.75),
    "south standard": Scanner(0.012, 30.0, 0.55),
    "south smooth": Scanner(0.016, 22.0, 0.45),
}


def acquire(hounsfield: np.ndarray, scanner: Scanner, window: str, rng: np.random.Generator) -> np.ndarray:
    """The image ``(H, W) uint8`` of a map of Hounsfield units: the kernel, noise, the window, 8 bits."""
    size = len(hounsfield)
    shift = float(np.clip(rng.standard_normal(), -2, 2))
    noise = scanner.noise * rng.standard_normal((size, size), dtype=np.float32)
    sigma = scanner.blur * size / 2
    if sigma > 0.25:
        hounsfield = ndimage.gaussian_filter(hounsfield, sigma, mode="nearest", truncate=3)
    center, width = WINDOWS[window]
    grey = (hounsfield + noise - center - 0.01 * width * shift) / width + 0.5
    return np.asarray(np.clip(np.rint(255 * grey), 0, 255).astype(np.uint8))
