"""Acquisition: from thickness maps to grey values, by Beer-Lambert's law and each scanner's own ways.

Attenuation is in units of the thickest soft tissue; lengths are in half-images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class Scanner:
    """One machine.

    ``bone`` is the attenuation of bone, which falls with the tube's voltage, against the reference's; ``blur`` the
    σ of the detector in half-images; ``noise`` that of its values where all photons arrive, in attenuation;
    ``scatter`` the scattered share of what arrives; ``width`` and ``center`` its window against the reference;
    ``collimation`` how far the field is narrowed on average, in half-images; ``marker`` whether a lead letter is laid
    into the field.
    """

    bone: float
    blur: float
    noise: float
    scatter: float
    width: float
    center: float
    collimation: float
    marker: bool


@dataclass(frozen=True)
class Exposure:
    """What all scanners of one part of the body have in common.

    ``depth`` is the optical depth of the thickest soft tissue; ``center`` and ``width`` are those of the reference's
    sigmoid window, in units of attenuation; ``marker`` is where the lead letter's top left corner lies, as shares of
    the image from the top and from the left.
    """

    depth: float
    center: float
    width: float
    marker: tuple[float, float]


def acquire(
    soft: np.ndarray, bone: np.ndarray, scanner: Scanner, exposure: Exposure, rng: np.random.Generator
) -> np.ndarray:
    """The image ``(H, W) uint8`` of thickness maps ``(H, W)``.

    Photons that come through, scatter from everywhere, the detector's blur; the logarithm, in which noise grows as
    photons get few; the window (a sigmoid, as in DICOM's PS3.3 C.11.2.1.3.1); collimation and the marker; 8 bits.
    """
    size = len(soft)
    brightness, contrast, margin, marker = np.clip(rng.standard_normal(4), -2, 2).tolist()
    arrived = np.exp(-exposure.depth * np.maximum(soft + scanner.bone * bone, 0))
    arrived += scanner.scatter * float(arrived.mean())
    if scanner.blur * size > 0.5:
        arrived = ndimage.gaussian_filter(arrived, scanner.blur * size / 2, mode="nearest", truncate=3)
    seen = -np.log(arrived) / exposure.depth
    seen += scanner.noise / np.sqrt(arrived + 0.02) * rng.standard_normal((size, size), dtype=np.float32)
    width = exposure.width * scanner.width * (1 + 0.05 * contrast)
    grey = 1 / (1 + np.exp(-4 * (seen - exposure.center - scanner.center - 0.02 * brightness) / width))
    _collimate(grey, max(0.0, scanner.collimation * (1 + margin)))
    if scanner.marker:
        _mark(grey, exposure.marker, 0.02 * marker)
    return np.asarray(np.clip(np.rint(255 * grey), 0, 255).astype(np.uint8))


def _collimate(grey: np.ndarray, margin: float) -> None:
    """Blacken what the collimator keeps in the dark."""
    pixels = round(margin * len(grey) / 2)
    if pixels:
        grey[:pixels] = grey[-pixels:] = 0.02
        grey[:, :pixels] = grey[:, -pixels:] = 0.02


def _mark(grey: np.ndarray, corner: tuple[float, float], shift: float) -> None:
    """Lay a lead L into the field."""
    at = np.array(corner) + shift / 2
    top, left = (at * len(grey)).astype(int)
    tall, wide, stroke = (max(1, round(share * len(grey))) for share in (0.055, 0.035, 0.012))
    grey[top : top + tall, left : left + stroke] = 0.97
    grey[top + tall - stroke : top + tall, left : left + wide] = 0.97
