"""The findings of a phantom, in the thickness of air: each is drawn as marked as its severity says.

Severity 0 and below shows nothing, 1 barely, 2 clearly, 4 severely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.phantom import below

from ._phantom_anatomy import Frame


@dataclass(frozen=True)
class Disease:
    """How marked each finding looks."""

    effusion: float
    cardiomegaly: float
    opacity: float
    pneumothorax: float
    nodule: float


def floor(severity: float, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Where the lungs end below: the domes, or a pleural effusion on one or both of them.

    Fluid fills the angle first and stands up the chest wall as a meniscus.
    """
    where, both, other = rng.random(3)
    across = np.clip((frame.ax - frame.inner) / np.maximum(frame.outer - frame.inner, 0.05), 0, 1)
    lowest = frame.base + 0.75 * (frame.width - 0.36) ** 2
    level = lowest - 0.11 * max(severity, 0.0) ** 1.2 * (0.45 + 0.55 * across**2)
    share = np.where(
        frame.side == (1 if where < 0.5 else -1), np.float32(1), np.float32(0.7 * other if both < 0.35 else 0)
    )
    floor: np.ndarray = frame.dome - np.maximum(frame.dome - level, 0) * share
    return floor


def opacities(severity: float, frame: Frame, clouds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Share of the lung's air that one to three opacities fill, mottled and without a sharp edge."""
    filled = np.zeros_like(frame.x)
    for _ in range(rng.integers(1, 4)):
        x, y = rng.choice((-1.0, 1.0)) * rng.uniform(0.28, 0.58), rng.uniform(-0.45, frame.base - 0.10)
        wide, high = (rng.uniform(0.08, 0.17, 2) * (0.9 + 0.1 * severity)).tolist()
        if severity > 0:
            filled += np.exp(-0.5 * (((frame.x - x) / wide) ** 2 + ((frame.y - y) / high) ** 2))
    # The clouds from elsewhere in the image: mottling that does not follow what overlies it.
    mottled = np.clip(1 + 0.35 * np.roll(clouds, len(clouds) // 2, axis=(0, 1)), 0.2, 2)
    return np.clip(0.19 * max(severity, 0.0) * filled * mottled, 0, 0.95)


def pneumothorax(severity: float, frame: Frame, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Free air between chest wall and lung, widest at the apex, and the line of the pleura along it, both 0 … 1.

    The third map is the share of its air that the collapsed lung beside it has lost.
    """
    side = rng.choice((-1.0, 1.0))
    depth = 0.12 * max(severity, 0.0)
    if depth == 0:
        nothing = np.zeros_like(frame.x)
        return nothing, nothing, nothing
    # How far inside the chest wall a point lies; from above, the apex counts as wall.
    wall = np.minimum(frame.outer - frame.ax, 0.8 * (frame.y + 0.78))
    reach = depth * np.clip(0.9 - 0.9 * (frame.y + 0.8), 0, 1)
    here = (frame.side == side) * below(-wall, 0.012) * below(frame.inner - frame.ax, 0.015)
    here *= below(frame.y - frame.base, 0.02)
    free = here * below(wall - reach, 0.012)
    pleura = here * np.exp(-0.5 * ((wall - reach) / 0.014) ** 2) * (reach > 0.01)
    return free, pleura, np.minimum(1.1 * depth, 0.6) * (frame.side == side) * (1 - free)


def nodules(severity: float, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Thickness of one to three round nodules in the lungs."""
    thickness = np.zeros_like(frame.x)
    for _ in range(rng.integers(1, 4)):
        x, y = rng.choice((-1.0, 1.0)) * rng.uniform(0.26, 0.60), rng.uniform(-0.5, frame.base - 0.08)
        radius = rng.uniform(0.05, 0.09)
        if severity > 0:
            inside = ((frame.x - x) ** 2 + (frame.y - y) ** 2) / radius**2
            thickness += np.sqrt(np.clip(1.2 - inside, 0, 1)) * (inside < 1.2)
    return 0.19 * max(severity, 0.0) * thickness
