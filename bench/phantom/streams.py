"""Random numbers by key: the same for a patient, study or image whatever else is drawn, in whatever order.

Philox counters (Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3"): a stream is found by its key, and
no stream depends on how much of another was used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

#: What an image's numbers are for: its patient's body, its study's disease, and of its own the positioning, the
#: scanner's exposure and noise, and the waves of two textures.
Purpose = Literal["body", "disease", "image", "scanner", "clouds", "oriented"]

#: Where the numbers of each purpose begin. The textures come last: they have a stream a block of waves.
_PURPOSES: dict[Purpose, int] = {"body": 0, "disease": 1, "image": 2, "scanner": 5, "clouds": 16, "oriented": 32}
#: Streams of the whole cohort are keyed by a patient number that nobody has.
_NOBODY = 2**63
_COHORT = {"patients": 3, "studies": 4}


def stream(seed: int, patient: int, item: int, purpose: int) -> np.random.Generator:
    """Random numbers of their own for each purpose, patient, and study or image."""
    return np.random.Generator(np.random.Philox(key=[seed, patient], counter=[0, 0, item, purpose]))


def of_cohort(seed: int, purpose: Literal["patients", "studies"]) -> np.random.Generator:
    """The numbers of a whole cohort: drawn a row a patient, so that the first patients stay when more are asked for."""
    return stream(seed, _NOBODY, 0, _COHORT[purpose])


@dataclass(frozen=True)
class Numbers:
    """Where the random numbers of one image come from: ``numbers("clouds", 1)``."""

    seed: int
    patient: int
    study: int
    image: int

    def __call__(self, purpose: Purpose, block: int = 0) -> np.random.Generator:
        """A stream from its beginning: the patient's for the body, the study's for the disease, else the image's."""
        item = {"body": 0, "disease": self.study}.get(purpose, self.image)
        return stream(self.seed, self.patient, item, _PURPOSES[purpose] + block)
