"""An axial slice of the chest in Hounsfield units: body wall, lungs, mediastinum and bones, by level.

Lengths are in half-images: x runs from -1 (the patient's right, on the left of the image) to 1 and y from -1 (front) to
1 (back). The level runs from 0 at the apex of the lungs to 1 at the dome of the liver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.phantom import Features, Lean, Numbers, Positioning, below

from ._phantom_numbers import ARRANGEMENT

_POSITIONING = Positioning(turn=0.03, right=0.02, down=0.02, zoom=0.03)
AIR, LUNG, FAT, SOFT, BLOOD, CANCELLOUS, CORTEX = -1000.0, -850.0, -95.0, 45.0, 60.0, 180.0, 520.0


@dataclass(frozen=True)
class Anatomy(Features):
    """What of a chest stays with a patient."""

    breadth: float
    depth: float
    heart: float
    liver: float
    vessels: float
    spine: float
    ribs: float


@dataclass(frozen=True)
class Patient:
    """What a slice depends on that stays with the patient; ``latents`` (2,) is how race shows, zero for not at all."""

    female: bool
    bmi: float
    latents: np.ndarray
    anatomy: Anatomy


@dataclass(frozen=True)
class Frame:
    """The patient in the gantry: coordinates of the pixels, how race leans there, and where the lungs lie."""

    x: np.ndarray
    y: np.ndarray
    lean: Lean
    level: float
    #: Distance to the inner chest wall, negative inside, and that to the mediastinum, negative in it.
    wall: np.ndarray
    middle: np.ndarray
    #: The lungs, 0 … 1.
    lungs: np.ndarray
    #: Half-widths of the trunk.
    wide: float
    deep: float
    #: Half-widths of the rib cage from inside.
    cage: tuple[float, float]


def position(size: int, patient: Patient, level: float, numbers: Numbers) -> Frame:
    """Turn, shift and enlarge a little, differently in each slice, and lay out the chest."""
    rng = numbers("image")
    x, y = _POSITIONING.place(size, rng)
    lean = ARRANGEMENT.lean(patient.latents, x, y, ARRANGEMENT.own(rng))
    body, heavy = patient.anatomy, (patient.bmi - 27) / 6
    small = 0.04 if patient.female else 0.0
    cage_x = (0.66 - small + 0.025 * body.breadth) * (0.74 + 0.26 * min(level / 0.35, 1.0) ** 0.7)
    cage_y = (0.48 - small + 0.02 * body.depth) * (0.78 + 0.22 * min(level / 0.5, 1.0))
    coat = 0.13 + 0.05 * max(heavy, -1.2)
    wide = cage_x + coat + 0.05 + (0.12 * (1 - level / 0.3) if level < 0.3 else 0.0)
    deep = cage_y + coat + 0.03
    wall = (_oval(x, y - 0.02, cage_x, cage_y, 2.4) - 1) * cage_y
    middle = np.abs(x - 0.02) - _mediastinum(y, level)
    lungs = below(wall, 0.012) * below(-middle, 0.015) * (1 - _under_domes(x, y, patient, level))
    lungs *= below(-_spine_distance(x, y, body), 0.02)
    return Frame(x, y, lean, level, wall, middle, lungs, wide, deep, (cage_x, cage_y))


def _oval(x: np.ndarray, y: np.ndarray, wide: float, high: float, power: float = 2.0) -> np.ndarray:
    """1 on an oval, less inside."""
    return np.asarray((np.abs(x / wide) ** power + np.abs(y / high) ** power) ** (1 / power))


def _mediastinum(y: np.ndarray, level: float) -> np.ndarray:
    """Half its width at each height: narrow in front and behind, wide at the great vessels."""
    bulge = 0.12 + 0.07 * np.exp(-0.5 * ((level - 0.40) / 0.16) ** 2) + 0.05 * level
    return np.asarray(0.035 + bulge * np.exp(-0.5 * ((y + 0.02) / 0.20) ** 2))


def _under_domes(x: np.ndarray, y: np.ndarray, patient: Patient, level: float) -> np.ndarray:
    """Where the liver stands in the right lung, and the heart in the left one, 0 … 1."""
    return np.asarray(np.maximum(liver(x, y, patient, level), heart(x, y, patient, level)))


def liver(x: np.ndarray, y: np.ndarray, patient: Patient, level: float) -> np.ndarray:
    """The dome of the liver, 0 … 1."""
    above = level - 0.80 + 0.03 * patient.anatomy.liver
    if above <= 0:
        return np.zeros_like(x)
    reach = 0.42 * np.sqrt(min(above / 0.2, 1.2))
    return below((_oval(x + 0.32, y + 0.03, reach, 0.85 * reach) - 1) * reach, 0.02)


def heart(x: np.ndarray, y: np.ndarray, patient: Patient, level: float) -> np.ndarray:
    """The heart, with its apex to the patient's left and to the front, 0 … 1."""
    there = float(np.exp(-0.5 * ((level - 0.72) / 0.14) ** 2)) if level < 0.72 else 1.0
    if there < 0.2:
        return np.zeros_like(x)
    grown = (1 + 0.05 * patient.anatomy.heart) * there**0.4
    right, down = x - 0.12, y + 0.10
    long, short = 0.88 * right - 0.47 * down, 0.47 * right + 0.88 * down
    return below((_oval(long, short, 0.34 * grown, 0.25 * grown) - 1) * 0.25, 0.018)


def _spine_distance(x: np.ndarray, y: np.ndarray, body: Anatomy) -> np.ndarray:
    """Distance to the vertebra and the muscles beside it, negative inside."""
    return np.asarray((_oval(x, y - 0.42, 0.15 + 0.008 * body.spine, 0.17) - 1) * 0.15)


def parenchyma(frame: Frame, patient: Patient, clouds: np.ndarray) -> np.ndarray:
    """Hounsfield units of the lungs: vessels that branch from the hila and thin out, denser lung at the back.

    ``clouds`` is isotropic noise of unit variance.
    """
    side = np.where(frame.x < 0.02, -1.0, 1.0)
    right, down = np.abs(frame.x - 0.02) - 0.15, frame.y - 0.02
    away, angle = np.hypot(right, down), np.arctan2(down, right)
    phase = 2 * patient.anatomy.vessels + 9 * frame.level
    branch = np.zeros_like(away)
    for count, bend, begins, sharp in ((5, 1.5, 0.0, 16.0), (9, -2.0, 0.12, 22.0), (16, 2.5, 0.26, 30.0)):
        bent = bend * np.sin(7 * away + side) + 0.9 * np.sin(4 * angle + 9 * away + phase)
        wave = np.cos(count * angle + bent + side * phase)
        # In and out of the plane of the slice.
        in_plane = 0.6 + 0.4 * np.sin(count * (1.3 * away + 0.2 * angle) * 2 + side * phase)
        branch += in_plane * np.exp(sharp * (wave - 1)) * below(begins - away, 0.03) * np.exp(-away / 0.42)
    hila = np.exp(-0.5 * ((away / 0.07) ** 2)) * np.exp(-0.5 * ((frame.level - 0.5) / 0.2) ** 2)
    dependent = 70 * np.clip(frame.y + 0.1, 0, 1)
    return np.asarray(LUNG + dependent + 25 * clouds + 850 * np.clip(1.3 * branch + 0.9 * hila, 0, 1))


def airways(frame: Frame) -> np.ndarray:
    """Trachea, and below its fork the main bronchi, 0 … 1."""
    if frame.level < 0.44:
        return below((_oval(frame.x, frame.y + 0.02, 0.055, 0.06) - 1) * 0.055, 0.008)
    apart = 0.05 + 0.45 * (frame.level - 0.44)
    if apart > 0.17:
        return np.zeros_like(frame.x)
    return below((_oval(np.abs(frame.x) - apart, frame.y - 0.01, 0.040, 0.036) - 1) * 0.04, 0.008)


def mediastinum(frame: Frame, patient: Patient) -> np.ndarray:
    """Hounsfield units of what lies between the lungs: fat, great vessels, aorta, heart, muscles of the back."""
    x, y, level = frame.x, frame.y, frame.level
    tissue = np.full_like(x, FAT + 60)
    round_ = [(0.105, 0.30, 0.062)] if level > 0.3 else []  # the descending aorta
    if level < 0.26:
        round_ += [(-0.09, -0.08, 0.045), (0.08, -0.05, 0.040), (0.0, -0.12, 0.040), (-0.14, -0.02, 0.035)]
    elif level < 0.40:
        arch = np.hypot((x - 0.04 - 0.35 * (y - 0.05)) / 0.085, (y - 0.08) / 0.26)
        tissue += (BLOOD - tissue) * below((arch - 1) * 0.08, 0.012)
        round_ += [(-0.115, -0.10, 0.05)]
    elif level < 0.60:
        round_ += [(-0.03, -0.13, 0.075), (0.10, -0.11, 0.062), (-0.13, -0.07, 0.048)]
    for right, down, radius in round_:
        tissue += (BLOOD - tissue) * below(np.hypot(x - right, y - down) - radius, 0.010)
    beating = heart(x, y, patient, level)
    # Fat lies about the heart, and fills the groove between its chambers.
    groove = np.exp(-0.5 * ((0.6 * (x - 0.10) + 0.8 * (y + 0.08) - 0.02) / 0.014) ** 2)
    tissue += (BLOOD - 40 * groove - tissue) * beating
    tissue += (BLOOD + 10 - tissue) * liver(x, y, patient, level)
    muscles = below(_spine_distance(x, y, patient.anatomy), 0.015)
    return np.asarray(tissue + (SOFT - tissue) * muscles)


def trunk(frame: Frame, patient: Patient, inner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The patient in air: ``inner``, the chest within the ribs, in its wall of muscle, fat and bones; where that is."""
    x, y, body = frame.x, frame.y, patient.anatomy
    skin = (_oval(x, y - 0.02, frame.wide, frame.deep, 2.3) - 1) * frame.deep
    if patient.female:
        fullness = 0.085 + 0.03 * (patient.bmi - 27) / 6
        bump = np.hypot((np.abs(x) - 0.40) / 0.29, (y + frame.deep - 0.04) / max(fullness, 0.05)) - 1
        if 0.35 < frame.level < 0.85:
            skin = np.minimum(skin, bump * fullness)
    outer = below(frame.wall - 0.07 - 0.02 * (np.abs(x) > 0.25), 0.012)
    slice_ = FAT + (SOFT - FAT) * outer
    slice_ += (inner - slice_) * below(frame.wall, 0.010)
    slice_ += _bones(frame, body, slice_)
    inside = below(skin, 0.012)
    return AIR + (slice_ - AIR) * inside, inside


def couch(frame: Frame) -> np.ndarray:
    """What the couch under the patient adds, in Hounsfield units."""
    x, y = frame.x, frame.y
    top = np.exp(-0.5 * ((y - 0.24 - frame.deep + 0.10 * x**2) / 0.010) ** 2)
    return np.asarray(550 * top * below(np.abs(x) - 0.7, 0.02))


def _bones(frame: Frame, body: Anatomy, tissue: np.ndarray) -> np.ndarray:
    """What bones add to the tissue they stand in: ribs that cross the slice, vertebra, sternum, shoulder blades."""
    x, y = frame.x, frame.y
    # Ribs: short pieces of a band along the wall, where a wave about the patient is high.
    angle = np.arctan2(y - 0.02, x)
    band = np.exp(-0.5 * ((frame.wall - 0.035) / 0.016) ** 2)
    wave = np.cos(9 * angle + np.sign(x) * (14 * frame.level + 0.6 * body.ribs))
    ribs = band * below(0.55 - wave, 0.25) * below(0.10 - np.abs(x), 0.03)
    added = (CORTEX - tissue) * np.clip(1.1 * ribs, 0, 1)
    vertebra = (_oval(x, y - 0.38, 0.095, 0.080) - 1) * 0.09
    rim = np.exp(-0.5 * ((vertebra + 0.008) / 0.010) ** 2)
    added = added + (CANCELLOUS + 260 * rim - tissue - added) * below(vertebra, 0.008)
    arch = np.abs(np.hypot(x / 1.1, y - 0.495) - 0.055) - 0.016
    spinous = _oval(x, y - 0.60, 0.018, 0.060) - 1
    wings = _oval(np.abs(x) - 0.12, y - 0.50 - 0.3 * (np.abs(x) - 0.12), 0.07, 0.022) - 1
    for distance, softness in ((arch, 0.008), (spinous * 0.02, 0.006), (wings * 0.025, 0.008)):
        added = added + (CORTEX - 120 - tissue - added) * below(distance, softness)
    sternum = (_oval(x, y + frame.cage[1] + 0.01, 0.085, 0.026) - 1) * 0.03
    added = added + (CANCELLOUS + 60 - tissue - added) * below(sternum, 0.008)
    if frame.level < 0.5:
        off = np.abs(x) - 0.80 * frame.cage[0] - 0.06
        down = y - 0.40
        blade = (_oval(0.66 * down - 0.75 * off, 0.66 * off + 0.75 * down, 0.17, 0.018) - 1) * 0.02
        added = added + (CORTEX - 150 - tissue - added) * below(blade, 0.008)
    return np.asarray(added)
