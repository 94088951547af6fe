"""Acquisition: from thickness maps to grey values, by Beer-Lambert's law and each scanner's own ways.

Attenuation is in units of the thickest soft tissue; lengths are in half-images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

#: Optical depth of the thickest soft tissue: one photon in twenty comes through.
_DEPTH = 3.0
#: Contrast of the detector's own display: width of the sigmoid window, in units of attenuation.
_CENTER, _WIDTH = 0.46, 0.95


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


#: Two sites of two machines each: digital and portable in the north, computed and digital in the south. The windows
#: differ most: the north shows lungs bright and with contrast, the south dark and flat, so that a network from either
#: loses something at the other.
SCANNERS: Mapping[str, Scanner] = {
    "north DR": Scanner(1.0, 0.004, 0.0125, 0.02, 1.06, -0.115, 0.02, True),
    "north portable": Scanner(1.1, 0.008, 0.017, 0.06, 1.17, -0.095, 0.05, True),
    "south CR": Scanner(0.85, 0.014, 0.015, 0.05, 1.49, 0.095, 0.0, False),
    "south DR": Scanner(0.92, 0.009, 0.012, 0.03, 1.27, 0.115, 0.06, False),
}


def acquire(soft: np.ndarray, bone: np.ndarray, scanner: Scanner, rng: np.random.Generator) -> np.ndarray:
    """The image ``(H, W) uint8`` of thickness maps ``(H, W)``.

    Photons that come through, scatter from everywhere, the detector's blur; the logarithm, in which noise grows as
    photons get few; the window (a sigmoid, as in DICOM's PS3.3 C.11.2.1.3.1); collimation and the marker; 8 bits.
    """
    size = len(soft)
    exposure, contrast, margin, marker = np.clip(rng.standard_normal(4), -2, 2).tolist()
    arrived = np.exp(-_DEPTH * np.maximum(soft + scanner.bone * bone, 0))
    arrived += scanner.scatter * float(arrived.mean())
    if scanner.blur * size > 0.5:
        arrived = ndimage.gaussian_filter(arrived, scanner.blur * size / 2, mode="nearest", truncate=3)
    seen = -np.log(arrived) / _DEPTH
    seen += scanner.noise / np.sqrt(arrived + 0.02) * rng.standard_normal((size, size), dtype=np.float32)
    width = _WIDTH * scanner.width * (1 + 0.05 * contrast)
    grey = 1 / (1 + np.exp(-4 * (seen - _CENTER - scanner.center - 0.02 * exposure) / width))
    _frame(grey, max(0.0, scanner.collimation * (1 + margin)))
    if scanner.marker:
        _letter(grey, 0.02 * marker)
    return np.clip(np.rint(255 * grey), 0, 255).astype(np.uint8)


def _frame(grey: np.ndarray, margin: float) -> None:
    """Blacken what the collimator keeps in the dark."""
    pixels = round(margin * len(grey) / 2)
    if pixels:
        grey[:pixels] = grey[-pixels:] = 0.02
        grey[:, :pixels] = grey[:, -pixels:] = 0.02


def _letter(grey: np.ndarray, shift: float) -> None:
    """A lead L beside the patient's left shoulder."""
    at = np.array([0.10, 0.90]) + shift / 2
    top, left = (at * len(grey)).astype(int)
    tall, wide, stroke = (max(1, round(share * len(grey))) for share in (0.055, 0.035, 0.012))
    grey[top : top + tall, left : left + stroke] = 0.97
    grey[top + tall - stroke : top + tall, left : left + wide] = 0.97
