"""The compressed breast: outline by view, muscle, fat and fibroglandular tissue as maps of attenuation.

Lengths are in half-images. ``d`` is the distance from the edge of the image at the chest wall, ``y`` runs from -1 (top)
to 1. Attenuation is in units of the densest tissue. Both breasts are drawn alike, the right one from the right edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.phantom import Features, Lean, Numbers, Positioning, below

from ._phantom_numbers import ARRANGEMENT

_POSITIONING = Positioning(turn=0.03, right=0.03, down=0.04, zoom=0.03)
#: Attenuation of fat, and what glandular tissue and muscle have above it.
_FAT, _GLAND, _MUSCLE = 0.29, 0.36, 0.32


@dataclass(frozen=True)
class Anatomy(Features):
    """What of the breasts stays with a woman."""

    size: float
    height: float
    nipple: float
    muscle: float
    ducts: float
    cone: float


@dataclass(frozen=True)
class Patient:
    """What an image depends on that stays with the woman; ``latents`` (2,) is how race shows, zero for not at all."""

    bmi: float
    glandular: float
    latents: np.ndarray
    anatomy: Anatomy


@dataclass(frozen=True)
class Frame:
    """A breast as positioned: coordinates of the pixels, how race leans there, and where the breast lies."""

    d: np.ndarray
    y: np.ndarray
    lean: Lean
    oblique: bool
    #: How far the skin is from the wall at the nipple, and where that is from top to bottom.
    depth: float
    nipple: float
    #: Half the height of the breast.
    half: float
    #: Where the skin is at each height, from the wall.
    skin: np.ndarray

    @cached_property
    def out(self) -> np.ndarray:
        """0 at the wall, 1 at the skin."""
        return np.asarray(self.d / np.maximum(self.skin, 0.02))

    @cached_property
    def inside(self) -> np.ndarray:
        """Where the breast is, 0 … 1."""
        inside: np.ndarray = below(self.d - self.skin, 0.012) * (self.skin > 0.03)
        return inside


def position(size: int, patient: Patient, side: str, oblique: bool, numbers: Numbers) -> Frame:
    """Turn, shift and enlarge a little, differently in each image, and lay out the breast."""
    rng = numbers("image")
    x, y = _POSITIONING.place(size, rng)
    own = ARRANGEMENT.own(rng)
    body, heavy = patient.anatomy, (patient.bmi - 28) / 6
    to_right = 1 if side == "L" else -1
    d = 1 + to_right * x
    depth = 1.12 + 0.13 * body.size + 0.09 * heavy
    half = 0.74 + 0.05 * body.height + 0.04 * heavy
    nipple = 0.03 * body.nipple + (0.22 if oblique else 0.0)
    skin = _oblique(y, depth, nipple, half) if oblique else _frontal(y, depth, nipple, half)
    # The lean is the breast's, not the image's: about the middle of what is seen of it.
    lean = ARRANGEMENT.lean(patient.latents, to_right * (2 * d / depth - 0.9), (y - nipple) / half, own)
    return Frame(d, y, lean, oblique, depth, nipple, half, skin)


def _frontal(y: np.ndarray, depth: float, nipple: float, half: float) -> np.ndarray:
    """The skin from above: a rounded cone."""
    off = np.abs(y - 0.5 * nipple) / half
    nub = 0.04 * np.exp(-0.5 * ((y - nipple) / 0.04) ** 2)
    return np.asarray(depth * np.sqrt(np.clip(1 - off**2.3, 0, 1)) + nub)


def _oblique(y: np.ndarray, depth: float, nipple: float, half: float) -> np.ndarray:
    """The skin from the side: it comes down from the armpit, and turns in below to the fold under the breast."""
    above, under = np.clip(nipple - y, 0, None), np.clip(y - nipple, 0, None) / (0.80 * half)
    upper = depth * (0.38 + 0.62 * np.exp(-((above / 0.80) ** 3)))
    lower = depth * np.sqrt(np.clip(1 - under**2.2, 0, 1))
    fold = 0.16 * np.clip(y - nipple - 0.35, 0, 1) ** 0.5
    nub = 0.04 * np.exp(-0.5 * ((y - nipple) / 0.04) ** 2)
    return np.asarray(np.maximum(np.where(y < nipple, upper, lower), fold) + nub)


def thickness(frame: Frame) -> np.ndarray:
    """How thick the compressed breast is, 0 … 1: even under the paddle, thinner towards the skin."""
    rim = np.clip((frame.skin - frame.d) / 0.26, 0, 1)
    return np.asarray(np.sqrt(rim * (2 - rim)) * frame.inside)


def glandular(frame: Frame, patient: Patient, clouds: np.ndarray) -> np.ndarray:
    """Share of fibroglandular tissue, 0 … 1: a cone behind the nipple, lumpy, the fuller the denser the breast.

    ``clouds`` is isotropic noise of unit variance.
    """
    dense, body = patient.glandular, patient.anatomy
    tapered = frame.half * (0.62 - 0.36 * np.minimum(frame.out, 1.5))
    across = (frame.y - frame.nipple + (0.12 if frame.oblique else 0.0)) / tapered
    along = (frame.out - 0.47 - 0.03 * body.cone) / 0.34
    cone = 1.25 - 0.9 * across**2 - 0.9 * along**2
    lumpy = cone + 0.52 * clouds + 0.75 * dense - 0.55
    filled = below(-lumpy, 0.50)
    # Fat lies under the skin even of the densest breast.
    return np.asarray(filled * below(frame.out - 0.90, 0.03))


def strands(frame: Frame, patient: Patient, clouds: np.ndarray) -> np.ndarray:
    """Ducts and ligaments that run towards the nipple, and a few vessels across the fat, 0 … 1."""
    phase = 2 * patient.anatomy.ducts
    angle = np.arctan2(frame.y - frame.nipple, frame.depth + 0.25 - frame.d)
    ducts = np.exp(5 * (np.cos(17 * angle + 1.6 * clouds + phase) - 1))
    vessels = np.exp(26 * (np.cos(5.5 * angle + 1.1 * np.sin(4 * frame.d + phase) + phase) - 1))
    return np.asarray((0.55 * ducts + 0.8 * vessels * below(0.1 - frame.out, 0.1)) * below(frame.out - 0.97, 0.02))


def muscle(frame: Frame, patient: Patient) -> np.ndarray:
    """The pectoral muscle of the oblique view, 0 … 1: a wedge from the armpit down along the wall."""
    if not frame.oblique:
        return np.zeros_like(frame.d)
    down = (frame.y + 1) / (1.35 + 0.12 * patient.anatomy.muscle)
    edge = (0.66 + 0.06 * patient.anatomy.muscle) * (1 - down) + 0.10 * np.sin(np.pi * np.clip(down, 0, 1))
    return below(frame.d - edge, 0.018)


def tissue(frame: Frame, patient: Patient, gland: np.ndarray, clouds: np.ndarray) -> np.ndarray:
    """Attenuation of the healthy breast, ``(H, W)``; ``gland`` is :func:`glandular`."""
    wedge = muscle(frame, patient)
    seen = (1 - wedge) * (_GLAND * gland + 0.07 * strands(frame, patient, clouds)) + wedge * _MUSCLE
    skin = 0.10 * np.exp(-0.5 * ((frame.d - frame.skin + 0.02) / 0.014) ** 2) * frame.inside
    return np.asarray(thickness(frame) * (_FAT + seen) + skin)
