"""How race shows in a phantom radiograph: as an arrangement, spread over texture, bones and shape.

A stand-in that makes no claim on biology. Two latents z lean the image: one to the left or right, one to the top or
bottom. Where it leans, more of the fine texture runs at +45° than at -45° and bones are denser; soft tissue ripples
across the image, and the outline is a little oblique. All of it averages out over the image, so that a global
statistic, hence an untrained network, sees little of it, while a trained one finds some in every region and in every
band of frequencies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tasks.cxr import _phantom_texture as texture

#: Where a group's patients lie in the two latents on average, and how far they scatter. The groups overlap: the latents
#: themselves give a macro one-vs-rest AUROC of about .985.
CENTERS: Mapping[str, tuple[float, float]] = {"Asian": (1.6, -0.9), "Black": (-1.6, -0.9), "White": (0.0, 1.2)}
SCATTER = 0.84

#: How fast the lean changes sign across the middle of the image, in half-images.
_STEP = 0.1
#: Contrast of the oriented noise in each octave, in attenuation, and how steeply its orientation follows the lean.
_CONTRASTS = (0.037, 0.0605, 0.0594, 0.0538, 0.009, 0.018, 0.0112)
_STEEPNESS = 2.4
#: Every image leans by itself too, differently in each octave and region: standard deviation, in units of the latents.
_WANDER = 0.1
_REGIONS = 4
#: What a lean of 1 does to the density of bones, to the thickness of soft tissue, and to the outline: one side stands
#: higher than the other, and the top lies to one side of the bottom, in half-images.
BONE, SOFT, SHIFT = 0.030, 0.0122, 0.0006


@dataclass(frozen=True)
class Lean:
    """The lean of one image: of the patient as ``smooth`` (H, W), and of each octave of its texture with its wander."""

    smooth: np.ndarray
    #: The same with two waves across the image: even among pixels of one half it averages out.
    ripple: np.ndarray
    #: By how much the outline is moved, in units of SHIFT: to the left and down.
    across: np.ndarray
    down: np.ndarray
    octaves: tuple[np.ndarray, ...]


def lean(latents: np.ndarray, x: np.ndarray, y: np.ndarray, wander: np.ndarray) -> Lean:
    """The lean at the pixels.

    Args:
        latents: z, ``(2,)``; zero leaves the wander alone.
        x, y: coordinates in the patient's frame, ``(H, W)``.
        wander: standard normal, ``(octaves, regions, regions)``.
    """
    to_left, to_top = latents[0] * np.tanh(x / _STEP), latents[1] * np.tanh(y / _STEP)
    smooth = to_left + to_top
    ripple = latents[0] * np.sin(2 * np.pi * x) + latents[1] * np.sin(2 * np.pi * y)
    size = len(x)
    spread = _spread(size)
    octaves = tuple(smooth + _WANDER * (spread @ own.astype(np.float32) @ spread.T) for own in wander)
    return Lean(smooth, ripple, to_top, to_left, octaves)


def wander(rng: np.random.Generator) -> np.ndarray:
    """The wander of one image, ``(octaves, regions, regions)``."""
    return rng.standard_normal((len(texture.OCTAVES), _REGIONS, _REGIONS))


def oriented(waves: texture.Waves, leans: Lean) -> np.ndarray:
    """The oriented noise, ``(H, W) float32``, in attenuation: the share of +45° is sigmoid(1.6 · lean).

    Mixing by the square root keeps the variance the same everywhere, whatever the lean.
    """
    total = np.zeros_like(leans.smooth, dtype=np.float32)
    for (plus, minus), own, contrast in zip(texture.octave_gains(waves.size), leans.octaves, _CONTRASTS, strict=False):
        share = (1 / (1 + np.exp(-_STEEPNESS * own))).astype(np.float32)
        total += contrast * (np.sqrt(share) * waves.field(plus) + np.sqrt(1 - share) * waves.field(minus))
    return total


def _spread(size: int) -> np.ndarray:
    """Weights ``(size, regions)`` that spread regions' values smoothly over pixels, of unit sum of squares."""
    centers = (np.arange(_REGIONS) + 0.5) / _REGIONS
    at = (np.arange(size) + 0.5) / size
    weights = np.exp(-0.5 * ((at[:, None] - centers) * _REGIONS / 0.6) ** 2)
    return (weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))).astype(np.float32)
