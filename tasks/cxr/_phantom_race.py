"""How race shows in a phantom radiograph: as an arrangement, spread over texture, bones and shape.

A stand-in that makes no claim on biology. Two latents z lean the image: one to the left or right, one to the top or
bottom. Where it leans, more of the texture runs at +45° than at -45°, there is more of the finest one, and bones are
denser; soft tissue ripples across the image, and the outline is a little oblique. All of it averages out over the
image, so that a global statistic, hence an untrained network, sees little of it, while a trained one finds some in
every region and in every band of frequencies. Each region leans by itself, too, so that none of them says everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from . import _phantom_texture as texture

#: Where a group's patients lie in the two latents on average, and how far they scatter: the latents themselves give a
#: macro one-vs-rest AUROC of about .999. What keeps the groups apart less clearly in an image is its wander.
CENTERS: Mapping[str, tuple[float, float]] = {"Asian": (1.6, -0.9), "Black": (-1.6, -0.9), "White": (0.0, 1.2)}
SCATTER = 0.60

#: How fast the lean changes sign across the middle of the image, in half-images.
_STEP = 0.1
#: Contrast of the texture in each octave, in attenuation, and how steeply it follows the lean.
_CONTRASTS = (0.0395, 0.068, 0.066, 0.060, 0.0275, 0.018, 0.0112)
_STEEPNESS = 2.4
#: From this octave on the lean says how much of the texture there is, not which way it runs: in the corner of a
#: spectrum +45° and -45° are one and the same checkerboard.
_FINEST = 4
#: The texture of every image leans by itself, differently in each region: standard deviation, in units of the latents.
_WANDER = 1.38
_REGIONS = 4
#: What a lean of 1 does to the density of bones, to the thickness of soft tissue, and to the outline: one side stands
#: higher than the other, and the top lies to one side of the bottom, in half-images.
BONE, SOFT, SHIFT = 0.030, 0.0136, 0.0006


@dataclass(frozen=True)
class Lean:
    """The lean of one image: the patient's as ``smooth`` (H, W), and its texture's, with its wander."""

    smooth: np.ndarray
    texture: np.ndarray
    #: The same with two waves across the image: even among pixels of one half it averages out.
    ripple: np.ndarray
    #: By how much the outline is moved, in units of SHIFT: to the left and down.
    across: np.ndarray
    down: np.ndarray


def lean(latents: np.ndarray, x: np.ndarray, y: np.ndarray, wander: np.ndarray) -> Lean:
    """The lean at the pixels.

    Args:
        latents: z, ``(2,)``; zero leaves the wander alone.
        x, y: coordinates in the patient's frame, ``(H, W)``.
        wander: standard normal, ``(regions, regions)``.
    """
    to_left, to_top = latents[0] * np.tanh(x / _STEP), latents[1] * np.tanh(y / _STEP)
    smooth = to_left + to_top
    ripple = latents[0] * np.sin(2 * np.pi * x) + latents[1] * np.sin(2 * np.pi * y)
    spread = _spread(len(x))
    own = spread @ wander.astype(np.float32) @ spread.T
    return Lean(smooth, smooth + _WANDER * own, ripple, to_top, to_left)


def wander(rng: np.random.Generator) -> np.ndarray:
    """The wander of one image, ``(regions, regions)``."""
    return rng.standard_normal((_REGIONS, _REGIONS))


def oriented(waves: texture.Waves, leans: Lean) -> np.ndarray:
    """The oriented noise, ``(H, W) float32``, in attenuation: the share of +45° is sigmoid(2.4 · lean).

    Mixing by the square root keeps the variance the same everywhere, whatever the lean; in the finest octaves the
    variance itself follows the share.
    """
    total = np.zeros_like(leans.texture, dtype=np.float32)
    plus_share = (1 / (1 + np.exp(-_STEEPNESS * leans.texture))).astype(np.float32)
    gains = texture.octave_gains(waves.size)
    for octave, ((plus, minus), contrast) in enumerate(zip(gains, _CONTRASTS, strict=False)):
        minus_share = plus_share if octave >= _FINEST else 1 - plus_share
        total += contrast * (np.sqrt(plus_share) * waves.field(plus) + np.sqrt(minus_share) * waves.field(minus))
    return total


def _spread(size: int) -> np.ndarray:
    """Weights ``(size, regions)`` that spread regions' values smoothly over pixels, of unit sum of squares."""
    centers = (np.arange(_REGIONS) + 0.5) / _REGIONS
    at = (np.arange(size) + 0.5) / size
    weights = np.exp(-0.5 * ((at[:, None] - centers) * _REGIONS / 0.6) ** 2)
    return (weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))).astype(np.float32)
