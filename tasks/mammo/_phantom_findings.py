"""The findings of a mammogram: masses in attenuation of soft tissue, calcifications in that of bone.

Each is drawn as marked as its severity says: 0 and below shows nothing, 1 barely, 2 clearly, 4 severely. Both views of
a breast show the same one: at the same distance from the wall, and at a height of its own in each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.phantom import Numbers

from ._phantom_anatomy import Frame


@dataclass(frozen=True)
class Disease:
    """How marked each finding looks."""

    spiculated: float
    fine: float
    round: float
    coarse: float


@dataclass(frozen=True)
class _Place:
    """Where something lies in a breast, from -1 to 1 between its limits, and the numbers that shape it."""

    out: float
    crosswise: float
    upwards: float
    shape: np.random.Generator

    def polar(self, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
        """Distance of the pixels in half-images, and direction."""
        x, y = self.at(frame)
        return np.hypot(frame.d - x, frame.y - y), np.arctan2(frame.y - y, frame.d - x)

    def at(self, frame: Frame) -> tuple[float, float]:
        """Distance from the wall, and height in this view."""
        off = self.upwards - 0.25 if frame.oblique else self.crosswise
        return frame.depth * (0.50 + 0.22 * self.out), frame.nipple + 0.48 * frame.half * off


def places(side: str, numbers: Numbers) -> tuple[_Place, _Place, _Place, _Place]:
    """Of the four findings in one breast; the other breast has others, from the same numbers of the exam."""
    rng = numbers("disease")
    drawn = [(rng.uniform(-1, 1, 3).tolist(), rng.integers(2**63)) for _ in range(8)]
    ours = drawn[:4] if side == "L" else drawn[4:]
    spiculated, fine, round_, coarse = (
        _Place(out, crosswise, upwards, np.random.default_rng(key)) for (out, crosswise, upwards), key in ours
    )
    return spiculated, fine, round_, coarse


def masses(disease: Disease, frame: Frame, at: tuple[_Place, ...], gland: np.ndarray) -> np.ndarray:
    """Attenuation that masses add: they displace what is there, so that they hardly show in dense tissue."""
    added = _spiculated(disease.spiculated, frame, at[0]) + _round(disease.round, frame, at[2])
    return np.asarray(added * (1 - 0.65 * gland))


def _spiculated(severity: float, frame: Frame, place: _Place) -> np.ndarray:
    """A dense irregular center, and straight strands that radiate from it."""
    count, phase, radius = (
        place.shape.integers(9, 14),
        place.shape.uniform(0, 2 * np.pi),
        place.shape.uniform(0.075, 0.105),
    )
    if severity <= 0:
        return np.zeros_like(frame.d)
    away, angle = place.polar(frame)
    radius *= 0.85 + 0.12 * severity
    lobed = radius * (1 + 0.16 * np.sin(3 * angle + phase) + 0.10 * np.sin(5 * angle - phase))
    center = 1 / (1 + np.exp(np.clip((away - lobed) / (0.22 * radius), -30, 30)))
    rays = np.exp(4 * (np.cos(count * angle + phase) - 1)) * np.exp(-((away / (2.6 * radius)) ** 2))
    return np.asarray(0.16 * severity * (center + 0.6 * rays * (1 - center)))


def _round(severity: float, frame: Frame, place: _Place) -> np.ndarray:
    """An oval mass with a sharp edge."""
    radius, long, tilt = place.shape.uniform(0.09, 0.13), place.shape.uniform(1.05, 1.35), place.shape.uniform(0, np.pi)
    if severity <= 0:
        return np.zeros_like(frame.d)
    away, angle = place.polar(frame)
    oval = away * np.sqrt(np.cos(angle - tilt) ** 2 / long + np.sin(angle - tilt) ** 2 * long)
    return np.asarray(0.15 * severity * np.sqrt(np.clip(1.15 - (oval / radius) ** 2, 0, 1)))


def calcifications(disease: Disease, frame: Frame, at: tuple[_Place, ...]) -> np.ndarray:
    """Thickness of calcium: fine grains of all shapes in a cluster, or a few coarse ones."""
    fine = _grains(disease.fine, frame, at[1], (16, 24), 0.075, (0.010, 0.016), 0.16)
    return np.asarray(fine + _grains(disease.coarse, frame, at[3], (3, 6), 0.12, (0.026, 0.040), 0.15))


def _grains(
    severity: float,
    frame: Frame,
    place: _Place,
    count: tuple[int, int],
    spread: float,
    radii: tuple[float, float],
    thick: float,
) -> np.ndarray:
    """Grains of a cluster; one narrower than a pixel is drawn as wide as that, and as much thinner."""
    rng = place.shape
    many = rng.integers(*count)
    offsets, sizes = rng.normal(0, spread, (many, 2)), rng.uniform(*radii, many)
    total = np.zeros_like(frame.d)
    if severity <= 0:
        return total
    x, y = place.at(frame)
    pixel = 1.1 / len(total)
    for (right, down), size in zip(offsets.tolist(), sizes.tolist(), strict=True):
        wide = max(size, pixel)
        reach = np.exp(-0.5 * (((frame.d - x - right) / wide) ** 2 + ((frame.y - y - down) / wide) ** 2))
        total += (size / wide) * reach
    return np.asarray(thick * severity * total)
