"""One synthetic chest radiograph: body and disease as maps of thickness, projected and acquired."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench.phantom import Numbers, Scanner, Waves, acquire, cloud_gain

from . import _phantom_anatomy as anatomy
from . import _phantom_disease as findings
from ._phantom_anatomy import Patient
from ._phantom_disease import Disease
from ._phantom_race import ARRANGEMENT
from ._phantom_scanner import EXPOSURE

#: Contrast of the 1/f noise that is everywhere in the body, in thickness.
CLOUD_CONTRAST = 0.045
#: Thickness of soft tissue that a lung full of air lacks.
_AIR = 0.60


def radiograph(
    size: int, patient: Patient, disease: Disease, view: str, scanner: Scanner, numbers: Numbers
) -> np.ndarray:
    """Draw one image, ``(size, size) uint8``.

    Args:
        size: pixels on a side.
        patient: body and attributes.
        disease: how marked the findings are.
        view: "PA", or "AP" for a patient lying down: larger heart, lower lungs.
        scanner: what it is taken with.
        numbers: the image's random numbers; those of its "disease", the side and place of the findings, are the same
            for the images of one study.
    """
    frame = anatomy.position(size, patient, view == "AP", numbers)
    rng = numbers("disease")
    clouds = Waves(partial(numbers, "clouds"), size).field(cloud_gain(size))
    air = anatomy.air(frame, patient, findings.floor(disease.effusion, frame, rng), disease.cardiomegaly)
    air *= 1 - findings.opacities(disease.opacity, frame, clouds, rng)
    nodules = findings.nodules(disease.nodule, frame, rng)
    free, pleura, lost = findings.pneumothorax(disease.pneumothorax, frame, rng)
    # The nodules lie in the lung: where it has none, they are not.
    lung = np.minimum(air, 1) * (1 - free)
    air = np.maximum(air * (1 - lost), 1.05 * free)
    soft, depth = anatomy.soft_tissue(frame, patient)
    soft = soft - _AIR * air + nodules * (lung > 0.3) + 0.08 * pleura
    oriented = ARRANGEMENT.texture(Waves(partial(numbers, "oriented"), size), frame.lean)
    soft += (CLOUD_CONTRAST * clouds + oriented * _shows(frame)) * np.sqrt(depth) * (1 - free * 0.6)
    return acquire(soft, anatomy.bones(frame, patient), scanner, EXPOSURE, numbers("scanner"))


def lungs(size: int, patient: Patient, view: str, numbers: Numbers) -> np.ndarray:
    """The lungs of the same image, ``(size, size) bool``: as they would be in health."""
    return np.asarray(anatomy.lung_field(anatomy.position(size, patient, view == "AP", numbers)) > 0.5)


def _shows(frame: anatomy.Frame) -> np.ndarray:
    """How much of the fine texture shows, 0 … 1: less in the middle of the image, least below the diaphragm there."""
    center = anatomy.middle(frame) * np.exp(-0.5 * (frame.y / 0.35) ** 2)
    return np.asarray(
        (1 - 0.7 * center) * (1 - 0.3 * anatomy.below_diaphragm(frame) - 0.62 * anatomy.under_heart(frame))
    )
