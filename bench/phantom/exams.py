"""Studies of several images each, of one kind: the views of a mammogram, the slices of a CT."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.phantom.patients import Visits, choose


def exams(shares: Sequence[float], images: int, count: np.ndarray) -> Visits:
    """How many exams each patient has, all of them of as many images.

    Args:
        shares: shares of the patients with 1, 2, … exams.
        images: of each exam.
        count: uniform numbers, ``(patients,)``.

    Returns:
        The images in order of patient, exam and position.
    """
    most = len(shares) * images
    of_patient = images * (choose(np.array(shares), count) + 1)
    patient, position = np.nonzero(np.arange(most) < of_patient[:, None])
    return Visits(patient, position // images, position)


def places(position: np.ndarray, images: int, first: np.ndarray) -> np.ndarray:
    """Which of its exam's views or slices each image is, 0 … ``images`` - 1.

    An exam begins with any of them and goes on in turn, so that the first image of each patient is one of all kinds.

    Args:
        position: the image's position among its patient's.
        images: of each exam.
        first: uniform numbers, those of the image's patient.
    """
    return np.asarray((position + (images * first).astype(int)) % images)
