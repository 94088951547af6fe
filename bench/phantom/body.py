"""What bodies are drawn with: features that stay with a patient, coordinates, and soft edges.

Lengths are in half-images: x runs from -1 (left in the image) to 1 and y from -1 (top) to 1, taken at the centers of
the pixels, so that every image size shows the same patient.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Features:
    """What stays with a patient: one standard normal a feature, cut at two standard deviations.

    A phantom names its features as the fields of a subclass, all of them floats.
    """

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a patient's body."""
        return cls(*np.clip(rng.standard_normal(len(fields(cls))), -2, 2).tolist())


@dataclass(frozen=True)
class Positioning:
    """How far images of one patient differ: standard deviations of turn (radians), shifts (half-images) and zoom."""

    turn: float
    right: float
    down: float
    zoom: float

    def place(self, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The pixels' coordinates x and y in the patient, ``(size, size) float32``: turned, shifted and enlarged."""
        spread = (self.turn, self.right, self.down, self.zoom)
        turn, right, down, zoom = (np.clip(rng.standard_normal(4), -2, 2) * spread).tolist()
        grid_x, grid_y = _grid(size)
        cos, sin = float((1 + zoom) * np.cos(turn)), float((1 + zoom) * np.sin(turn))
        return cos * grid_x - sin * grid_y + right, sin * grid_x + cos * grid_y + down


@lru_cache(maxsize=4)
def _grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    axis = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(2 / size) - 1
    x, y = np.meshgrid(axis, axis)
    return x, y


def below(distance: np.ndarray, softness: float) -> np.ndarray:
    """A soft step: 1 where the distance is well below zero, 0 well above."""
    return 0.5 - 0.5 * np.tanh(distance * (0.5 / softness))


def ridges(turns: np.ndarray, sharpness: float) -> np.ndarray:
    """Parallel ridges, one a turn, 1 on their crests."""
    return np.asarray(np.exp(sharpness * (np.cos(2 * np.pi * turns) - 1)))
