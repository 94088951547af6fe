"""The hand: five rays of bones with growth plates, the wrist, and soft tissue, as they are at a bone age.

Lengths are in half-images: x runs from -1 to 1, the thumb's side of a left hand on its palm, and y from -1 (fingertips)
to 1. Each bone is drawn in the window of pixels that it can reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.phantom import Features, Lean, Numbers, Positioning, below

from ._phantom_numbers import ARRANGEMENT, BONE

_POSITIONING = Positioning(turn=0.06, right=0.03, down=0.03, zoom=0.03)


@dataclass(frozen=True)
class Anatomy(Features):
    """What of a hand stays with a child."""

    length: float
    breadth: float
    spread: float
    thumb: float
    wrist: float
    bones: float


@dataclass(frozen=True)
class Patient:
    """What an image depends on that stays with the child; ``latents`` (2,) is how race shows, zero for not at all."""

    female: bool
    #: Bone age that the hand looks like, in years of a boy.
    maturity: float
    fullness: float
    latents: np.ndarray
    anatomy: Anatomy


@dataclass(frozen=True)
class Bone:
    """A tubular bone from its base to its head, ``(2,)`` each, with half its width; ``plate`` is at base or head."""

    base: np.ndarray
    head: np.ndarray
    width: float
    #: Which end has a growth plate, when its epiphysis appears, and when the plate closes, in years.
    plate: str
    appears: float
    closes: float


@dataclass(frozen=True)
class _Ray:
    """A finger: where its metacarpal begins, its direction from upwards to the thumb's side, and its bones' lengths."""

    x: float
    y: float
    angle: float
    lengths: tuple[float, ...]
    width: float


_RAYS = (
    _Ray(0.215, 0.44, 0.72, (0.25, 0.19, 0.15), 0.048),
    _Ray(0.135, 0.37, 0.15, (0.40, 0.25, 0.15, 0.105), 0.045),
    _Ray(0.025, 0.36, 0.01, (0.39, 0.28, 0.18, 0.115), 0.046),
    _Ray(-0.080, 0.385, -0.12, (0.345, 0.26, 0.17, 0.115), 0.041),
    _Ray(-0.170, 0.42, -0.29, (0.32, 0.205, 0.12, 0.10), 0.038),
)
#: Of the carpal bones: x, y, half-widths, and the year in which each appears.
_CARPALS = (
    (0.020, 0.475, 0.052, 0.070, 0.2),  # capitate
    (-0.080, 0.490, 0.054, 0.056, 0.4),  # hamate
    (-0.135, 0.575, 0.044, 0.042, 2.2),  # triquetrum
    (-0.030, 0.600, 0.052, 0.044, 3.6),  # lunate
    (0.085, 0.585, 0.052, 0.048, 5.2),  # scaphoid
    (0.175, 0.515, 0.045, 0.043, 5.4),  # trapezium
    (0.108, 0.480, 0.038, 0.036, 5.6),  # trapezoid
    (-0.160, 0.540, 0.028, 0.030, 10.0),  # pisiform
)
#: Years from its appearance until a carpal bone has its full size, and how fast an epiphysis widens.
_CARPAL_GROWTH, _CAP_GROWTH = 8.5, 9.0
_BOYS_LATER = 1.12


def maturity(look: float, female: bool) -> float:
    """The bone age of a girl in years of a boy: her plates close earlier."""
    return look * (_BOYS_LATER if female else 1.0)


@dataclass(frozen=True)
class Frame:
    """The hand as positioned: coordinates of the pixels in it, and how race leans there."""

    x: np.ndarray
    y: np.ndarray
    lean: Lean

    @cached_property
    def _pixels(self) -> np.ndarray:
        """Turns steps from the first pixel, in half-images, into columns and rows."""
        steps = [[a[0, 1] - a[0, 0], a[1, 0] - a[0, 0]] for a in (self.x, self.y)]
        return np.asarray(np.linalg.inv(np.array(steps, dtype=float)))

    def window(self, points: Sequence[np.ndarray], reach: float) -> tuple[slice, slice]:
        """Rows and columns of the pixels within a reach of any of these points, ``(2,)`` each."""
        size = len(self.x)
        at = (np.array(points) - (self.x[0, 0], self.y[0, 0])) @ self._pixels.T
        pixels = 1.1 * reach * size / 2 + 1
        left, top = np.maximum(at.min(axis=0) - pixels, 0).astype(int).tolist()
        right, bottom = np.minimum(at.max(axis=0) + pixels + 1, size).astype(int).tolist()
        return slice(top, max(bottom, top)), slice(left, max(right, left))


def position(size: int, patient: Patient, numbers: Numbers) -> Frame:
    """Turn, shift and enlarge a little."""
    rng = numbers("image")
    x, y = _POSITIONING.place(size, rng)
    return Frame(x, y, ARRANGEMENT.lean(patient.latents, x - 0.02, y, ARRANGEMENT.own(rng)))


def skeleton(patient: Patient) -> list[list[Bone]]:
    """The bones of the five rays from the thumb on, each from the wrist outwards, then radius and ulna."""
    body = patient.anatomy
    long, gap = 1 + 0.03 * body.length, 0.012 + 0.016 * _growth(patient.maturity, 16.0)
    rays = []
    for number, ray in enumerate(_RAYS):
        angle = ray.angle * (1 + 0.10 * body.spread) + (0.06 * body.thumb if number == 0 else 0.0)
        at = np.array([ray.x * (1 + 0.03 * body.breadth), ray.y])
        bones = []
        for k, length in enumerate(ray.lengths):
            way = np.array([np.sin(angle), -np.cos(angle)])
            head = at + long * length * way
            plate = "head" if k == 0 and number > 0 else "base"
            closes = (16.2, 15.6, 15.2, 14.6)[k]
            width = ray.width * (1 + 0.06 * body.bones) * (1.0, 0.86, 0.76, 0.62)[k]
            bones.append(Bone(at, head, width, plate, (1.6, 1.0, 1.5, 1.8)[k], closes))
            at = head + gap * way
            angle *= 0.86 if number == 0 else 0.93
        rays.append(bones)
    drop = 0.03 * body.wrist
    radius = Bone(np.array([0.10, 0.69 + drop]), np.array([0.13, 1.35]), 0.105, "base", 1.2, 17.5)
    ulna = Bone(np.array([-0.105, 0.70 + drop]), np.array([-0.10, 1.35]), 0.062, "base", 6.5, 17.2)
    return [*rays, [radius, ulna]]


def _growth(years: float, grown: float) -> float:
    """What is left of growth, 1 … 0."""
    return float(np.clip(1 - years / grown, 0, 1))


def bones(frame: Frame, patient: Patient, rays: list[list[Bone]]) -> np.ndarray:
    """Thickness of bone, ``(H, W)``."""
    total = np.zeros_like(frame.x)
    for bone in (bone for ray in rays for bone in ray):
        for window, drawn in _tubular(bone, frame, patient.maturity):
            total[window] = np.maximum(total[window], drawn)
    for x, y, wide, high, appears in _CARPALS:
        grown = float(np.clip((patient.maturity - appears) / _CARPAL_GROWTH, 0, 1)) ** 0.6
        if grown > 0:
            place = np.array([x, y])
            window = frame.window([place], 1.2 * max(wide, high))
            away = np.hypot((frame.x[window] - x) / (wide * grown), (frame.y[window] - y) / (high * grown))
            edge = 0.05 + 0.09 * np.exp(-0.5 * ((away - 0.88) / 0.12) ** 2)
            total[window] = np.maximum(total[window], (0.27 + edge) * below(away - 1, 0.08))
    return np.asarray(total * (1 + BONE * frame.lean.smooth))


def _tubular(bone: Bone, frame: Frame, years: float) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """The shaft, and the epiphysis at one end of it: none, then a growing cap behind a gap, then one with the shaft."""
    way = bone.head - bone.base
    length = float(np.hypot(*way))
    way = way / length
    cap = float(np.clip((years - bone.appears) / _CAP_GROWTH, 0, 1)) ** 0.5
    open_ = float(np.clip((bone.closes - years) / 2.5, 0, 1))
    thick = 0.55 * bone.width
    room = (thick + 0.014) * min(1.0, 0.35 + open_)
    window = frame.window([bone.base, bone.head], 1.3 * bone.width)
    x, y = frame.x[window] - bone.base[0], frame.y[window] - bone.base[1]
    along, off = x * way[0] + y * way[1], np.abs(y * way[0] - x * way[1])
    if bone.plate == "head":
        along = length - along
    # The shaft begins behind the cap; its ends are wider than its middle, and its cortex denser than its marrow.
    start = room if open_ > 0 else 0.0
    middle = (along - 0.5 * length) / (0.5 * length)
    half = bone.width * (0.68 + 0.32 * np.minimum(middle**2, 1.3))
    across = off / half
    cortex = 0.22 + 0.22 * np.exp(-0.5 * ((across - 0.80) / 0.16) ** 2)
    inside = below(across - 1, 0.07) * below(start - along, 0.006) * below(along - length, 0.008)
    yield window, cortex * inside
    if open_ > 0 and cap > 0:
        wide = 0.98 * bone.width * cap
        flat = np.hypot(off / wide, (along - 0.5 * thick) / (0.56 * thick * max(cap, 0.5)))
        yield window, (0.30 + 0.10 * np.exp(-0.5 * ((flat - 0.85) / 0.15) ** 2)) * below(flat - 1, 0.09)


def soft_tissue(frame: Frame, patient: Patient, rays: list[list[Bone]]) -> np.ndarray:
    """Thickness of the soft tissue, ``(H, W)``: a tube about each finger, the palm, the wrist."""
    full = (1 + 0.07 * patient.fullness) * (1 + 0.16 * _growth(patient.maturity, 16.0))
    total = np.zeros_like(frame.x)
    for ray in rays[:5]:
        for k, bone in enumerate(ray):
            wide = full * (0.100, 0.084, 0.076, 0.066)[k]
            tip = 0.035 if bone is ray[-1] else 0.0
            _tube(total, frame, bone.base, bone.head, wide, tip, 0.36 if k else 0.44)
    wrist = (0.20 + 0.012 * patient.anatomy.breadth) * full
    _tube(total, frame, np.array([0.0, 0.66]), np.array([0.01, 1.4]), wrist, 0.0, 0.52)
    _tube(total, frame, np.array([-0.09, 0.20]), np.array([0.01, 0.52]), 0.24 * full, 0.0, 0.54)
    _tube(total, frame, np.array([0.10, 0.16]), np.array([0.07, 0.52]), 0.20 * full, 0.0, 0.54)
    return total


def _tube(
    total: np.ndarray, frame: Frame, start: np.ndarray, end: np.ndarray, wide: float, tip: float, deep: float
) -> None:
    """Lay a tube with round ends into the soft tissue, where it is the thickest."""
    way = end - start
    length = float(np.hypot(*way))
    way = way / length
    end, length = end + tip * way, length + tip
    window = frame.window([start, end], 1.05 * wide)
    x, y = frame.x[window] - start[0], frame.y[window] - start[1]
    along = np.clip(x * way[0] + y * way[1], 0, length)
    off = np.hypot(x - along * way[0], y - along * way[1]) / wide
    total[window] = np.maximum(total[window], deep * np.sqrt(np.clip(1 - off**2, 0, 1)))
