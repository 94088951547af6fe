"""One synthetic chest radiograph: anatomy and disease as thickness maps, projected, then acquired by a scanner.

Lengths are in half-images: x runs from -1 (the patient's right) to 1 and y from -1 (top) to 1, taken at the centres of
the pixels, so that every image size shows the same patient. Attenuation is in units of the thickest soft tissue.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from scipy import ndimage

from tasks.cxr import _phantom_texture as texture

#: Contrast of the two textures, in attenuation: the 1/f one, and the oriented one that race is written in.
CLOUD_CONTRAST = 0.05
ORIENTED_CONTRAST = 0.10

_LUNG_TOP = -0.80


@dataclass(frozen=True)
class Scanner:
    """How attenuation becomes grey: blur (σ in half-images); noise, gain and offset in shares of the grey range."""

    blur: float
    noise: float
    gain: float
    offset: float


#: Direct digital radiography, and the blurrier, noisier and flatter computed radiography.
SCANNERS = {"DR": Scanner(0.010, 0.012, 1.0, 0.0), "CR": Scanner(0.020, 0.022, 0.92, 0.03)}
VIEWS = ("PA", "AP")


@dataclass(frozen=True)
class Anatomy:
    """What stays with a patient: one standard normal a feature, cut at two standard deviations."""

    lung_width: float
    lung_height: float
    dome: float
    heart: float
    heart_shift: float
    mediastinum: float
    bone: float
    rib_phase: float
    rib_slope: float
    breast: float
    shoulders: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Anatomy:
        """Draw a patient's body."""
        return cls(*np.clip(rng.standard_normal(len(fields(cls))), -2, 2).tolist())


@dataclass(frozen=True)
class Patient:
    """What an image depends on that stays with the patient; ``latents`` (2,) is how race shows, zero for not at all."""

    female: bool
    age: float
    bmi: float
    latents: np.ndarray
    anatomy: Anatomy


@dataclass(frozen=True)
class Disease:
    """How marked each finding looks: 0 and below not at all, 1 barely, 2 clearly, 4 severely."""

    effusion: float
    cardiomegaly: float
    opacity: float


@dataclass(frozen=True)
class _Frame:
    """The patient as positioned: coordinates of the pixels, and where the lungs lie in them."""

    x: np.ndarray
    y: np.ndarray
    ax: np.ndarray
    #: 1 on the patient's left, -1 on the right.
    side: np.ndarray
    supine: bool
    heavy: float
    small: float
    width: float
    base: float
    inner: np.ndarray
    outer: np.ndarray


def radiograph(
    size: int,
    patient: Patient,
    disease: Disease,
    view: str,
    scanner: Scanner,
    disease_rng: np.random.Generator,
    image_rng: np.random.Generator,
) -> np.ndarray:
    """Draw one image, ``(size, size) uint8``.

    Args:
        size: pixels on a side.
        patient: body and attributes.
        disease: how marked the findings are.
        view: "PA", or "AP" for a patient lying down: larger heart, lower lungs.
        scanner: one of :data:`SCANNERS`.
        disease_rng: where side and place of the findings are drawn from; the same for the images of one study.
        image_rng: where positioning, textures, exposure and noise are drawn from.
    """
    frame = _position(size, patient, view == "AP", image_rng)
    clouds = texture.clouds(image_rng, size)
    air, dome = _lungs(frame, patient, disease, clouds, disease_rng)
    soft, depth = _soft_tissue(frame, patient, dome)
    attenuation = soft - 0.60 * air - _airway_and_stomach(frame, patient.anatomy) + _bones(frame, patient)
    noise = CLOUD_CONTRAST * clouds + ORIENTED_CONTRAST * texture.oriented(image_rng, size, patient.latents)
    return _acquire(attenuation + noise * np.sqrt(depth), scanner, image_rng)


@lru_cache(maxsize=4)
def _grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    axis = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(2 / size) - 1
    x, y = np.meshgrid(axis, axis)
    return x, y


def _below(distance: np.ndarray, softness: float) -> np.ndarray:
    """A soft step: 1 where the distance is well below zero, 0 well above."""
    return 0.5 - 0.5 * np.tanh(distance * (0.5 / softness))


def _position(size: int, patient: Patient, supine: bool, rng: np.random.Generator) -> _Frame:
    """Turn, shift and enlarge a little, differently in each image, and lay out the chest."""
    turn, right, down, zoom = (np.clip(rng.standard_normal(4), -2, 2) * (0.025, 0.025, 0.03, 0.02)).tolist()
    grid_x, grid_y = _grid(size)
    cos, sin = float((1 + zoom) * np.cos(turn)), float((1 + zoom) * np.sin(turn))
    x, y = cos * grid_x - sin * grid_y + right, sin * grid_x + cos * grid_y + down
    body = patient.anatomy
    heavy = (patient.bmi - 27) / 6
    small = 0.06 if patient.female else 0.0
    width = 0.82 * (1 - small) * (1 + 0.035 * body.lung_width) * (1 - 0.015 * heavy)
    base = 0.42 + 0.06 * body.lung_height - small - 0.02 * heavy - (0.09 if supine else 0.0)
    height = np.clip((y - _LUNG_TOP) / (base + 0.25 - _LUNG_TOP), 0, 1)
    outer = width * np.sqrt(1 - (1 - height) ** 2.6) * (0.90 + 0.10 * height)
    inner = 0.12 + 0.015 * body.mediastinum + 0.03 * height
    return _Frame(x, y, np.abs(x), np.sign(x), supine, heavy, small, width, base, inner, outer)


def _lungs(
    frame: _Frame, patient: Patient, disease: Disease, clouds: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Thickness of air, 0 … 1, and the height of the diaphragm.

    The lungs lie between mediastinum and rib cage, above the domes of the diaphragm or the fluid on them; what is in
    front of, behind or inside them takes air away.
    """
    body = patient.anatomy
    ax, y, side = frame.ax, frame.y, frame.side
    inside = _below(ax - frame.outer, 0.012) * _below(frame.inner - ax, 0.015)
    across = np.clip((ax - frame.inner) / np.maximum(frame.outer - frame.inner, 0.05), 0, 1)
    dome = frame.base + 0.04 * (1 + 0.5 * body.dome) * side + 0.75 * (ax - 0.36) ** 2
    lowest = frame.base + 0.75 * (frame.width - 0.36) ** 2
    floor = dome - _fluid(disease.effusion, dome, lowest, across, side, rng)
    # Some of the lung lies behind the dome, hence the second, softer and lower edge.
    air = inside * (0.8 * _below(y - floor, 0.015) + 0.2 * _below(y - floor - 0.10, 0.05))
    air *= 0.72 + 0.28 * np.sqrt(4 * across * (1 - across))

    hila = np.exp(-0.5 * (((ax - 0.20) / 0.055) ** 2 + ((y + 0.08 + 0.02 * side) / 0.11) ** 2))
    angle, reach = np.arctan2(y + 0.08, ax - 0.14), np.hypot(y + 0.08, ax - 0.14)
    vessels = np.exp(3 * np.cos(9 * angle + 5 * reach - 1.5 * side + body.rib_phase) - 3 - reach / 0.22)
    lucency = (1 - 0.85 * _heart(frame, patient, disease.cardiomegaly)) * (1 - 0.8 * _aortic_knob(frame, patient.age))
    lucency -= 0.25 * hila + 0.35 * vessels
    lucency *= 1 - _patches(disease.opacity, frame, clouds, rng)
    return air * np.clip(lucency, 0, 1), dome


def _heart(frame: _Frame, patient: Patient, enlarged: float) -> np.ndarray:
    """The heart's shadow: an ellipse with its apex down and to the patient's left; it grows to the left."""
    body = patient.anatomy
    grown = 0.065 * enlarged
    scale = (1 + 0.04 * body.heart + grown) * (1.06 if frame.supine else 1.0) * (1 - 0.5 * frame.small)
    x = frame.x - (0.09 + 0.02 * body.heart_shift + 0.12 * grown)
    y = frame.y - (frame.base - 0.14 * (1 + 0.3 * grown))
    long, short = (0.84 * x + 0.54 * y) / (0.40 * scale), (0.84 * y - 0.54 * x) / (0.28 * scale)
    return _below(np.hypot(long, short) - 1, 0.04)


def _aortic_knob(frame: _Frame, age: float) -> np.ndarray:
    return _below(np.hypot((frame.x - 0.13) / 0.10, (frame.y + 0.26) / 0.11) - 1 - 0.004 * (age - 60), 0.06)


def _fluid(
    severity: float,
    dome: np.ndarray,
    lowest: float,
    across: np.ndarray,
    side: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """How far a pleural effusion lifts the floor of the lung: first in the angle, as a meniscus up the chest wall."""
    where, both, other = rng.random(3)
    level = lowest - 0.11 * max(severity, 0.0) ** 1.2 * (0.45 + 0.55 * across**2)
    share = np.where(side == (1 if where < 0.5 else -1), np.float32(1), np.float32(0.7 * other if both < 0.35 else 0))
    return np.maximum(dome - level, 0) * share


def _patches(severity: float, frame: _Frame, clouds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Share of the lung's air that one to three opacities fill, mottled and without a sharp edge."""
    filled = np.zeros_like(frame.x)
    if severity <= 0:
        return filled
    for _ in range(rng.integers(1, 4)):
        x, y = rng.choice((-1.0, 1.0)) * rng.uniform(0.28, 0.58), rng.uniform(-0.45, frame.base - 0.10)
        wide, high = (rng.uniform(0.08, 0.17, 2) * (0.9 + 0.1 * severity)).tolist()
        filled += np.exp(-0.5 * (((frame.x - x) / wide) ** 2 + ((frame.y - y) / high) ** 2))
    # The clouds from elsewhere in the image: mottling that does not follow what overlies it.
    mottled = np.clip(1 + 0.35 * np.roll(clouds, len(clouds) // 2, axis=(0, 1)), 0.2, 2)
    return np.clip(0.19 * severity * filled * mottled, 0, 0.95)


def _soft_tissue(frame: _Frame, patient: Patient, dome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Thickness of trunk, neck, organs below the diaphragm and breasts, and the trunk's share of its largest depth."""
    body, ax, y = patient.anatomy, frame.ax, frame.y
    flank = 0.97 + 0.05 * frame.heavy + 0.03 * body.shoulders - frame.small
    neck = np.sqrt(np.clip(-0.72 - y, 0, 1)) * _below(y + 0.72, 0.02)
    trunk = np.maximum(flank + 0.5 * np.clip(-0.15 - y, 0, 1) - 1.6 * neck, 0.2)
    depth = 1 - np.minimum(ax / trunk, 1) ** 2
    soft = np.sqrt(depth) * (0.84 + 0.10 * np.clip(y, -1, 1)) * (1 + 0.06 * frame.heavy)
    soft += 0.10 * _below(dome - y, 0.02) * _below(ax - frame.outer, 0.012)
    if patient.female:
        fullness = max(0.10 + 0.03 * body.breast + 0.03 * frame.heavy, 0.03)
        across, down = (ax - 0.47) / 0.33, (y - 0.22 - 0.03 * body.breast) / (0.33 + 0.03 * frame.heavy)
        radius = np.hypot(across, down)
        soft += fullness * _below(radius - 1, 0.05) * np.sqrt(np.clip(1.05 - radius, 0, 1))
    return soft, depth


def _airway_and_stomach(frame: _Frame, body: Anatomy) -> np.ndarray:
    """Air outside the lungs: the trachea, and the bubble under the left dome."""
    trachea = _below(frame.ax - 0.045, 0.012) * _below(frame.y + 0.22, 0.04)
    bubble = np.hypot((frame.x - 0.36 - 0.05 * body.heart_shift) / 0.15, (frame.y - frame.base - 0.20) / 0.09) - 1
    return 0.14 * trachea + 0.10 * _below(bubble, 0.1)


def _bones(frame: _Frame, patient: Patient) -> np.ndarray:
    """Spine with vertebrae, ribs behind and in front, clavicles; they thin with age."""
    body, ax, y, width = patient.anatomy, frame.ax, frame.y, frame.width
    phase = 0.08 * body.rib_phase
    vertebrae = 0.75 + 0.25 * np.cos(2 * np.pi * (y * 6.5 + phase))
    bone = 0.16 * _below(ax - 0.085, 0.012) * vertebrae
    # Each set of ribs is one periodic ridge over a coordinate that is constant along a rib.
    behind = y - _LUNG_TOP - 0.04 + 0.10 * ax - 0.24 * (ax / width) ** 2 * (1 + 0.15 * body.rib_slope)
    before = y - _LUNG_TOP + 0.32 * ax + 0.55 * (ax - width) ** 2
    ribs = 0.13 * _ridges(behind / 0.152 + phase, 3.5) * _below(0.08 - ax, 0.02)
    ribs += 0.06 * _ridges(before / 0.19 + phase, 2.5) * _below(0.36 - ax, 0.08)
    cage = _below(ax - frame.outer - 0.02, 0.012) * _below(y - frame.base - 0.25, 0.05) * _below(_LUNG_TOP - y, 0.02)
    bone += ribs * cage
    clavicle = y + 0.62 + (0.06 if frame.supine else 0.0) + 0.22 * ax - 0.16 * ax**2 + 0.03 * np.sin(7 * ax)
    bone += 0.15 * np.exp(-0.5 * (clavicle / 0.028) ** 2) * _below(ax - 0.85, 0.03) * _below(0.07 - ax, 0.01)
    return bone * ((1 + 0.12 * body.bone) * (1 - 0.006 * (patient.age - 50)))


def _ridges(turns: np.ndarray, sharpness: float) -> np.ndarray:
    return np.exp(sharpness * (np.cos(2 * np.pi * turns) - 1))


def _acquire(attenuation: np.ndarray, scanner: Scanner, rng: np.random.Generator) -> np.ndarray:
    """Blur, window, add noise that grows with attenuation (less arrives there), and quantise to 8 bits."""
    size = len(attenuation)
    exposure, contrast = (np.clip(rng.standard_normal(2), -2, 2) * (0.02, 0.05)).tolist()
    blurred = ndimage.gaussian_filter(attenuation, scanner.blur * size / 2, mode="nearest", truncate=3)
    grey = 1.08 * (1 - np.exp(-1.9 * np.maximum(blurred, 0)))
    grey = scanner.offset + exposure + scanner.gain * (1 + contrast) * grey
    grey += scanner.noise * (0.6 + 0.6 * blurred) * rng.standard_normal((size, size), dtype=np.float32)
    return np.clip(np.rint(255 * grey), 0, 255).astype(np.uint8)
