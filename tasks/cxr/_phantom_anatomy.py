"""The body of a phantom: lungs, heart, mediastinum, soft tissue and bones as maps of thickness.

Lengths are in half-images: x runs from -1 (the patient's right) to 1 and y from -1 (top) to 1, taken at the centers of
the pixels, so that every image size shows the same patient. Thickness is in units of the thickest soft tissue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.phantom import Features, Lean, Numbers, Positioning, below, ridges

from ._phantom_race import ARRANGEMENT, BONE, SHIFT, SOFT

LUNG_TOP = -0.80
_POSITIONING = Positioning(turn=0.025, right=0.025, down=0.03, zoom=0.02)


@dataclass(frozen=True)
class Anatomy(Features):
    """What of the body stays with a patient."""

    lung_width: float
    lung_height: float
    dome: float
    heart: float
    heart_shift: float
    mediastinum: float
    rib_phase: float
    rib_slope: float
    breast: float
    shoulders: float
    tilt: float


@dataclass(frozen=True)
class Patient:
    """What an image depends on that stays with the patient; ``latents`` (2,) is how race shows, zero for not at all."""

    female: bool
    age: float
    bmi: float
    bone_density: float
    latents: np.ndarray
    anatomy: Anatomy


@dataclass(frozen=True)
class Frame:
    """The patient as positioned: coordinates of the pixels, how race leans there, and where the lungs lie."""

    x: np.ndarray
    y: np.ndarray
    ax: np.ndarray
    #: 1 on the patient's left, -1 on the right.
    side: np.ndarray
    lean: Lean
    supine: bool
    heavy: float
    small: float
    width: float
    base: float
    inner: np.ndarray
    outer: np.ndarray
    dome: np.ndarray


def position(size: int, patient: Patient, supine: bool, numbers: Numbers) -> Frame:
    """Turn, shift and enlarge a little, differently in each image, and lay out the chest."""
    rng = numbers("image")
    x, y = _POSITIONING.place(size, rng)
    lean = ARRANGEMENT.lean(patient.latents, x, y, ARRANGEMENT.own(rng))
    x, y = x + SHIFT * lean.across, y + SHIFT * lean.down
    body = patient.anatomy
    heavy = (patient.bmi - 27) / 6
    small = 0.06 if patient.female else 0.0
    width = 0.82 * (1 - small) * (1 + 0.035 * body.lung_width) * (1 - 0.015 * heavy)
    base = 0.42 + 0.06 * body.lung_height - small - 0.02 * heavy - (0.09 if supine else 0.0)
    height = np.clip((y - LUNG_TOP) / (base + 0.25 - LUNG_TOP), 0, 1)
    ax, side = np.abs(x), np.sign(x)
    outer = width * np.sqrt(1 - (1 - height) ** 2.6) * (0.90 + 0.10 * height)
    inner = 0.12 + 0.015 * body.mediastinum + 0.03 * height + (0.02 if supine else 0.0)
    dome = base + 0.04 * (1 + 0.5 * body.dome) * side + 0.02 * body.tilt * side + 0.75 * (ax - 0.36) ** 2
    return Frame(x, y, ax, side, lean, supine, heavy, small, width, base, inner, outer, dome)


def lung_field(frame: Frame) -> np.ndarray:
    """Where the lungs are, 0 … 1 ``(H, W)``: between mediastinum and rib cage, above the domes of the diaphragm."""
    between = below(frame.ax - frame.outer, 0.012) * below(frame.inner - frame.ax, 0.015)
    lungs: np.ndarray = between * below(frame.y - frame.dome, 0.015)
    return lungs


def air(frame: Frame, patient: Patient, floor: np.ndarray, cardiomegaly: float) -> np.ndarray:
    """Thickness of air in the lungs, 0 … 1, above a ``floor``: the domes, or the fluid that lies on them.

    What is in front of, behind or inside them takes air away: heart, aorta, hila and vessels.
    """
    body = patient.anatomy
    ax, y, side = frame.ax, frame.y, frame.side
    inside = below(ax - frame.outer, 0.012) * below(frame.inner - ax, 0.015)
    across = np.clip((ax - frame.inner) / np.maximum(frame.outer - frame.inner, 0.05), 0, 1)
    # Some of the lung lies behind the dome, hence the second, softer and lower edge.
    filled = inside * (0.8 * below(y - floor, 0.015) + 0.2 * below(y - floor - 0.10, 0.05))
    filled *= 0.72 + 0.28 * np.sqrt(4 * across * (1 - across))
    hila = np.exp(-0.5 * (((ax - 0.20) / 0.055) ** 2 + ((y + 0.08 + 0.02 * side) / 0.11) ** 2))
    lucency = (1 - 0.85 * _heart(frame, patient, cardiomegaly)) * (1 - 0.8 * _aortic_knob(frame, patient.age))
    lucency -= 0.25 * hila + 0.35 * vessels(frame, body)
    air: np.ndarray = filled * np.clip(lucency, 0, 1)
    return air


def vessels(frame: Frame, body: Anatomy) -> np.ndarray:
    """The vessels that fan out from the hila, thinner towards the edge, 0 … 1."""
    angle, reach = np.arctan2(frame.y + 0.08, frame.ax - 0.14), np.hypot(frame.y + 0.08, frame.ax - 0.14)
    wave = np.cos(9 * angle + 5 * reach - 1.5 * frame.side + body.rib_phase)
    vessels: np.ndarray = np.exp(3 * wave - 3 - reach / 0.22)
    return vessels


def _heart(frame: Frame, patient: Patient, enlarged: float) -> np.ndarray:
    """The heart's shadow: an ellipse with its apex down and to the patient's left; it grows to the left."""
    body = patient.anatomy
    grown = 0.065 * enlarged
    scale = (1 + 0.04 * body.heart + grown) * (1.06 if frame.supine else 1.0) * (1 - 0.5 * frame.small)
    x = frame.x - (0.09 + 0.02 * body.heart_shift + 0.12 * grown)
    y = frame.y - (frame.base - 0.14 * (1 + 0.3 * grown))
    long, short = (0.84 * x + 0.54 * y) / (0.40 * scale), (0.84 * y - 0.54 * x) / (0.28 * scale)
    return below(np.hypot(long, short) - 1, 0.04)


def _aortic_knob(frame: Frame, age: float) -> np.ndarray:
    return below(np.hypot((frame.x - 0.13) / 0.10, (frame.y + 0.26) / 0.11) - 1 - 0.004 * (age - 60), 0.06)


def middle(frame: Frame) -> np.ndarray:
    """How near a place is to the middle of the image from left to right, 0 … 1."""
    return np.exp(-0.5 * (frame.x / 0.35) ** 2)


def below_diaphragm(frame: Frame) -> np.ndarray:
    """A soft step across the height of the diaphragm, 0 above and 1 below."""
    return 1 - below(frame.y - frame.base, 0.06)


def under_heart(frame: Frame) -> np.ndarray:
    """1 in the middle of the image below the diaphragm, where least is seen of race, and 0 elsewhere."""
    shadow: np.ndarray = middle(frame) * below_diaphragm(frame)
    return shadow


def soft_tissue(frame: Frame, patient: Patient) -> tuple[np.ndarray, np.ndarray]:
    """Thickness of trunk, neck, organs below the diaphragm and breasts, and the trunk's share of its largest depth."""
    body, ax, y = patient.anatomy, frame.ax, frame.y
    flank = 0.97 + 0.05 * frame.heavy + 0.03 * body.shoulders - frame.small
    neck = np.sqrt(np.clip(-0.72 - y, 0, 1)) * below(y + 0.72, 0.02)
    trunk = np.maximum(flank + 0.5 * np.clip(-0.15 - y, 0, 1) - 1.6 * neck, 0.2)
    depth = 1 - np.minimum(ax / trunk, 1) ** 2
    soft = np.sqrt(depth) * (0.84 + 0.10 * np.clip(y, -1, 1)) * (1 + 0.06 * frame.heavy)
    soft *= 1 + SOFT * frame.lean.ripple * (1 - 0.6 * under_heart(frame))
    soft += 0.10 * below(frame.dome - y, 0.02) * below(ax - frame.outer, 0.012)
    if patient.female:
        fullness = max(0.10 + 0.03 * body.breast + 0.03 * frame.heavy, 0.03)
        across, down = (ax - 0.47) / 0.33, (y - 0.22 - 0.03 * body.breast) / (0.33 + 0.03 * frame.heavy)
        radius = np.hypot(across, down)
        soft += fullness * below(radius - 1, 0.05) * np.sqrt(np.clip(1.05 - radius, 0, 1))
    return soft - _airway_and_stomach(frame, body), depth


def _airway_and_stomach(frame: Frame, body: Anatomy) -> np.ndarray:
    """Air outside the lungs: the trachea, and the bubble under the left dome."""
    trachea = below(frame.ax - 0.045, 0.012) * below(frame.y + 0.22, 0.04)
    bubble = np.hypot((frame.x - 0.36 - 0.05 * body.heart_shift) / 0.15, (frame.y - frame.base - 0.20) / 0.09) - 1
    gas: np.ndarray = 0.14 * trachea + 0.10 * below(bubble, 0.1)
    return gas


def bones(frame: Frame, patient: Patient) -> np.ndarray:
    """Spine with vertebrae, ribs behind and in front, clavicles; as dense as the patient's bones."""
    body, ax, y, width = patient.anatomy, frame.ax, frame.y, frame.width
    phase = 0.08 * body.rib_phase
    vertebrae = 0.75 + 0.25 * np.cos(2 * np.pi * (y * 6.5 + phase))
    bone = 0.16 * below(ax - 0.085, 0.012) * vertebrae
    # Each set of ribs is one periodic ridge over a coordinate that is constant along a rib.
    behind = y - LUNG_TOP - 0.04 + 0.10 * ax - 0.24 * (ax / width) ** 2 * (1 + 0.15 * body.rib_slope)
    before = y - LUNG_TOP + 0.32 * ax + 0.55 * (ax - width) ** 2
    ribs = 0.13 * ridges(behind / 0.152 + phase, 3.5) * below(0.08 - ax, 0.02)
    ribs += 0.06 * ridges(before / 0.19 + phase, 2.5) * below(0.36 - ax, 0.08)
    cage = below(ax - frame.outer - 0.02, 0.012) * below(y - frame.base - 0.25, 0.05) * below(LUNG_TOP - y, 0.02)
    bone += ribs * cage
    clavicle = y + 0.62 + (0.06 if frame.supine else 0.0) + 0.22 * ax - 0.16 * ax**2 + 0.03 * np.sin(7 * ax)
    bone += 0.15 * np.exp(-0.5 * (clavicle / 0.028) ** 2) * below(ax - 0.85, 0.03) * below(0.07 - ax, 0.01)
    density = max(1 + 0.12 * patient.bone_density, 0.4)
    return bone * (density * (1 + BONE * frame.lean.smooth))
