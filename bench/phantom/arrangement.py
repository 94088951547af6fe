"""How race shows in a phantom's image: as an arrangement, not as an amount.

A stand-in that makes no claim on biology. Two latents z lean the image: one to the left or right, one to the top or
bottom. Where it leans, more of a texture runs at +45° than at -45°, and there is more of the finest one; what else
leans (bones, soft tissue, the outline) is for a phantom to say. All of it averages out over the image, so that a global
statistic, hence an untrained network, sees little of it, while a trained one finds some in every region and in every
band of frequencies. Each region leans by itself, too, so that none of them says everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.phantom.rows import NO_RACE
from bench.phantom.texture import Octaves, Waves, octave_gains


@dataclass(frozen=True)
class Lean:
    """The lean of one image: the patient's as ``smooth`` (H, W), and its texture's, with its wander."""

    smooth: np.ndarray
    texture: np.ndarray
    #: The same with two waves across the image: even among pixels of one half it averages out.
    ripple: np.ndarray
    #: What makes an outline oblique, in a phantom's own measure: moved across by the lean to the top, and down by the
    #: lean to the left.
    across: np.ndarray
    down: np.ndarray


@dataclass(frozen=True)
class Arrangement:
    """How race leans the images of one phantom.

    ``centers`` say where a group's patients lie in the two latents on average, and ``scatter`` how far they scatter.
    ``step`` is how fast the lean changes sign across the middle of the image, in half-images. The texture of an octave
    has a contrast in ``contrasts``, in attenuation, and follows the lean by ``steepness``; from the octave ``finest``
    on the lean says how much of the texture there is, not which way it runs: in the corner of a spectrum +45° and -45°
    are one and the same checkerboard. The texture of every image leans by itself, differently in each of ``regions`` ×
    ``regions``: by the standard deviation ``wander``, in units of the latents.
    """

    centers: Mapping[str, tuple[float, float]]
    scatter: float
    step: float
    octaves: Octaves
    contrasts: tuple[float, ...]
    steepness: float
    finest: int
    wander: float
    regions: int

    def latents(self, group: str, strength: float, rng: np.random.Generator) -> np.ndarray:
        """z, ``(2,)``, times the dial ``race_signal``; zero for a twin of no race. ``rng`` is used alike for all."""
        scatter = self.scatter * rng.standard_normal(2)
        return strength * (np.zeros(2) if group == NO_RACE else np.array(self.centers[group]) + scatter)

    def own(self, rng: np.random.Generator) -> np.ndarray:
        """By how much each region of one image leans by itself, standard normal, ``(regions, regions)``."""
        return rng.standard_normal((self.regions, self.regions))

    def lean(self, latents: np.ndarray, x: np.ndarray, y: np.ndarray, own: np.ndarray) -> Lean:
        """The lean at the pixels.

        Args:
            latents: z, ``(2,)``; zero leaves the wander alone.
            x, y: coordinates in the patient's frame, ``(H, W)``.
            own: the regions' own, as :meth:`own` draws it.
        """
        to_left, to_top = latents[0] * np.tanh(x / self.step), latents[1] * np.tanh(y / self.step)
        smooth = to_left + to_top
        ripple = latents[0] * np.sin(2 * np.pi * x) + latents[1] * np.sin(2 * np.pi * y)
        spread = self._spread(len(x))
        wander = spread @ own.astype(np.float32) @ spread.T
        return Lean(smooth, smooth + self.wander * wander, ripple, to_top, to_left)

    def texture(self, waves: Waves, lean: Lean) -> np.ndarray:
        """The oriented noise, ``(H, W) float32``, in attenuation: the share of +45° is sigmoid(steepness · lean).

        Mixing by the square root keeps the variance the same everywhere, whatever the lean; in the finest octaves the
        variance itself follows the share.
        """
        total = np.zeros_like(lean.texture, dtype=np.float32)
        plus_share = (1 / (1 + np.exp(-self.steepness * lean.texture))).astype(np.float32)
        gains = octave_gains(waves.size, self.octaves)
        for octave, ((plus, minus), contrast) in enumerate(zip(gains, self.contrasts, strict=False)):
            minus_share = plus_share if octave >= self.finest else 1 - plus_share
            total += contrast * (np.sqrt(plus_share) * waves.field(plus) + np.sqrt(minus_share) * waves.field(minus))
        return total

    def _spread(self, size: int) -> np.ndarray:
        """Weights ``(size, regions)`` that spread regions' values smoothly over pixels, of unit sum of squares."""
        centers = (np.arange(self.regions) + 0.5) / self.regions
        at = (np.arange(size) + 0.5) / size
        weights = np.exp(-0.5 * ((at[:, None] - centers) * self.regions / 0.6) ** 2)
        return np.asarray((weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))).astype(np.float32))
