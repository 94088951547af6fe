"""Studies instead of images: what a network says of a study is the mean of what it says of its images.

A CT is many slices and a mammogram four views; a diagnosis is made of all. Gichoya et al. (2022) report race on CT and
mammography by image and by study.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from bench.records.outputs import Outputs, probabilities
from bench.task import TRUE, Cohort

#: Means of probabilities are kept this far from 0 and 1, so that they have a logit.
_MARGIN = 1e-7


class Units(Protocol):
    """What is scored: images, or studies."""

    @property
    def cohort(self) -> Cohort:
        """A row a unit."""

    def outputs(self, found: Outputs) -> Outputs:
        """What a network says of the units, given what it says of the images, in their order."""


@dataclass(frozen=True)
class Images:
    """Images as they are."""

    cohort: Cohort

    def outputs(self, found: Outputs) -> Outputs:
        return found


@dataclass(frozen=True)
class Studies:
    """The studies of some images: ``cohort`` has a row a study, ``codes`` ``(N,)`` say which one an image is of."""

    cohort: Cohort
    codes: np.ndarray

    def outputs(self, found: Outputs) -> Outputs:
        """Probabilities and features are means over a study's images."""
        return replace(
            found,
            logits=self._of_means(found.logits),
            features=self._mean(found.features).astype(np.float32),
            blocks={name: self._mean(block).astype(np.float32) for name, block in found.blocks.items()},
            stored=None if found.stored is None else self._mean(found.stored).astype(np.float32),
            told=None if found.told is None else found.told[np.unique(self.codes, return_index=True)[1]],
            direct=None if found.direct is None else self._of_means(found.direct),
        )

    def _of_means(self, logits: np.ndarray) -> np.ndarray:
        p = np.clip(self._mean(probabilities(logits)), _MARGIN, 1 - _MARGIN)
        odds: np.ndarray = np.log(p / (1 - p)).astype(np.float32)
        return odds

    def _mean(self, values: np.ndarray) -> np.ndarray:
        total = np.zeros((len(self.cohort), values.shape[1]))
        np.add.at(total, self.codes, values)
        return total / np.bincount(self.codes, minlength=len(self.cohort))[:, None]


def units(part: Cohort, by_study: bool) -> Units:
    """The images of a cohort, or their studies."""
    return of(part) if by_study else Images(part)


def of(part: Cohort) -> Studies:
    """The studies of a cohort's images, sorted by patient and study.

    A study is positive for a target where one of its images is, negative where all whose label is known are, and
    unknown where none is known; but without a finding only where none of its images has one, as of two breasts. So with
    true labels. All else is that of its first image.
    """
    table = part.table
    codes = table.groupby(["patient", "study"], sort=True, observed=True).ngroup().to_numpy()
    first = np.unique(codes, return_index=True)[1]
    columns = [name for target in part.spec.targets for name in (target, f"{TRUE}{target}") if name in table]
    # Maximum and minimum leave out what is unknown, unless all is.
    by_study = table.groupby(codes)[columns]
    labels, all_of_them = by_study.max(), by_study.min()
    for name in columns:
        if name.removeprefix(TRUE) == part.no_finding:
            labels[name] = all_of_them[name]
    merged = table.iloc[first].assign(**{name: labels[name].to_numpy() for name in columns})
    return Studies(replace(part, table=merged), codes)
