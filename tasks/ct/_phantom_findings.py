"""The findings of a CT of the chest, in Hounsfield units: each is drawn as marked as its severity says.

Severity 0 and below shows nothing, 1 barely, 2 clearly, 4 severely. The slices of an exam cut the same masses and
nodules, each at its own height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.phantom import Numbers, below

from ._phantom_anatomy import SOFT, Frame


@dataclass(frozen=True)
class Disease:
    """How marked each finding looks."""

    mass: float
    nodule: float
    emphysema: float
    honeycombing: float


def emphysema(severity: float, frame: Frame, clouds: np.ndarray) -> np.ndarray:
    """Hounsfield units that holes take away, most at the top of the lungs; ``clouds`` decide where."""
    if severity <= 0:
        return np.zeros_like(clouds)
    upper = float(np.clip(1.25 - 0.65 * frame.level, 0.4, 1.2))
    return np.asarray(-120 * severity**0.7 * upper * below(0.2 - clouds, 0.15))


def honeycombing(severity: float, frame: Frame, clouds: np.ndarray) -> np.ndarray:
    """Hounsfield units that walls of cysts add below the pleura, most at the bases and the back."""
    if severity <= 0:
        return np.zeros_like(clouds)
    near = np.exp(-((np.clip(-frame.wall, 0, 1) / 0.19) ** 2)) * (0.5 + 0.8 * np.clip(frame.y + 0.3, 0, 1))
    x, y = frame.x + 0.02 * clouds, frame.y + 0.02 * np.roll(clouds, len(clouds) // 2, axis=1)
    # Hexagonal cells: ridges of three waves at 120°.
    waves = [np.cos(58 * (x * np.cos(turn) + y * np.sin(turn))) for turn in (0.2, 0.2 + np.pi / 3, 0.2 + 2 * np.pi / 3)]
    walls = below(np.sum(waves, axis=0) + 0.3, 0.35)
    return np.asarray(300 * severity * (0.45 + 0.55 * frame.level) * near * (walls - 0.25))


def lesions(disease: Disease, frame: Frame, tissue: np.ndarray, numbers: Numbers) -> np.ndarray:
    """The lungs with a mass and nodules in them, ``(H, W)``: what is there is displaced."""
    rng = numbers("disease")
    mass, *nodules = [(*rng.uniform(-1, 1, 4).tolist(), rng.uniform(0, 2 * np.pi)) for _ in range(4)]
    seen = tissue
    if disease.mass > 0:
        away, angle = _polar(frame, mass)
        cut = _cut(frame.level, 0.5 + 0.20 * mass[2], 0.58)
        radius = (0.095 + 0.02 * mass[3]) * (0.75 + 0.16 * disease.mass) * cut
        rays = 1 + 0.14 * np.sin(3 * angle + mass[4]) + 0.12 * np.cos(11 * angle - mass[4])
        seen = seen + (SOFT - seen) * min(0.42 * disease.mass, 1.0) * below(away - radius * rays, 0.012)
    if disease.nodule > 0:
        for place in nodules:
            away, _ = _polar(frame, place)
            cut = _cut(frame.level, 0.5 + 0.4 * place[2], 0.42)
            radius = (0.052 + 0.010 * place[3]) * (0.8 + 0.12 * disease.nodule) * cut
            seen = seen + (SOFT - seen) * min(0.42 * disease.nodule, 1.0) * below(away - radius, 0.008) * (cut > 0)
    return np.asarray(seen)


def _polar(frame: Frame, place: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Distance and direction of the pixels from a place in either lung, between mediastinum and wall."""
    side = 1.0 if place[3] > 0 else -1.0
    x, y = side * frame.cage[0] * (0.66 + 0.12 * place[0]), frame.cage[1] * (0.05 + 0.42 * place[1])
    return np.hypot(frame.x - x, frame.y - y), np.arctan2(frame.y - y, frame.x - x)


def _cut(level: float, middle: float, reach: float) -> float:
    """The share of its radius that a slice sees of something round, 0 beyond its reach."""
    return float(np.sqrt(max(1 - ((level - middle) / reach) ** 2, 0.0)))
