"""Who a phantom's patients are: groups in shares, findings by liability and threshold, studies and images, sites.

All functions turn uniform random numbers into what they stand for, so that a phantom draws its numbers once, a row a
patient, and no dial moves another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import norm


def choose(shares: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Codes 0 … K-1 that occur in these shares, ``(K,)``, from uniform numbers."""
    return np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")


def mixed(observed: np.ndarray, dial: float) -> np.ndarray:
    """Shares of the groups, ``(K,)``: equal where the dial ``sampling`` is 0, and those observed where it is 1."""
    return (1 - dial) * np.full(len(observed), 1 / len(observed)) + dial * observed


def elsewhere(share: float, disadvantaged: np.ndarray, uniform: np.ndarray, dial: float) -> np.ndarray:
    """Who is seen at the second of two sites: its share of all, and by the dial ``acquisition`` more of one group."""
    return uniform < share + dial * disadvantaged


@dataclass(frozen=True)
class Findings:
    """Findings of a liability-threshold model.

    ``prevalence`` is that of each finding where its group does not move it, and ``moved`` what the dial ``prevalence``
    is multiplied by before it is added, by group and finding. ``age`` and ``lasting`` say how much of the liability is
    the patient's age, and how much stays with the patient between studies. How marked a finding looks is N(0, 1) in
    those without it and N(``separation``, 1) in those with it: some diseased look healthy and some healthy look
    diseased, so that the best reader of a finding has an AUROC of Φ(separation/√2) at most.
    """

    prevalence: Mapping[str, float]
    moved: Mapping[str, Mapping[str, float]]
    age: float
    lasting: float
    separation: float

    @property
    def names(self) -> tuple[str, ...]:
        """The findings, in order."""
        return tuple(self.prevalence)

    def present(
        self, group: np.ndarray, age: np.ndarray, lasting: np.ndarray, liability: np.ndarray, dial: float
    ) -> np.ndarray:
        """Which findings are there, ``(patients, studies, findings) bool``.

        A finding is present where a standard normal liability exceeds the threshold of its prevalence.

        Args:
            group: codes of the patients' groups, in the order of ``moved``, ``(patients,)``.
            age: standard normal, ``(patients,)``.
            lasting: uniform numbers, ``(patients, findings)``.
            liability: uniform numbers, ``(patients, studies, findings)``.
            dial: ``prevalence``.
        """
        rest = np.sqrt(1 - self.age**2 - self.lasting**2)
        stays = self.age * age[:, None] + self.lasting * norm.ppf(lasting)
        total = stays[:, None] + rest * norm.ppf(liability)
        by_group = np.array([[of_group[finding] for finding in self.names] for of_group in self.moved.values()])
        prevalence = np.array(list(self.prevalence.values())) + dial * by_group[group]
        return np.asarray(total > norm.isf(np.clip(prevalence, 0.01, 0.99))[:, None])

    def looks(self, present: np.ndarray, disadvantaged: np.ndarray, uniform: np.ndarray, dial: float) -> np.ndarray:
        """How marked each finding looks, ``(patients, studies, findings)``: less in some, by ``presentation``."""
        return np.asarray(norm.ppf(uniform) + (self.separation - dial * disadvantaged[:, None, None]) * present)

    def reported(self, present: np.ndarray, disadvantaged: np.ndarray, uniform: np.ndarray, dial: float) -> np.ndarray:
        """The findings that labels tell of: in some patients a share is missed, by ``annotation``."""
        return np.asarray(present & ~(disadvantaged[:, None, None] & (uniform < dial)))

    def labels(self, prefix: str, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Columns of 0 and 1 for findings ``(rows, findings) bool``, and ``no_finding``, each after ``prefix``."""
        columns = {f"{prefix}{name}": rows[:, k].astype(float) for k, name in enumerate(self.names)}
        return columns | {f"{prefix}no_finding": (~rows.any(axis=1)).astype(float)}


class Visits(NamedTuple):
    """The images of a cohort, ``(images,)`` each: the patient, the study within it, and the position among all."""

    patient: np.ndarray
    study: np.ndarray
    position: np.ndarray


def visits(images: Sequence[float], same_study: float, count: np.ndarray, same: np.ndarray) -> Visits:
    """How many images each patient has, and which of them belong to one study.

    Args:
        images: shares of the patients with 1, 2, … images.
        same_study: share of the images that belong to the study of the image before.
        count: uniform numbers, ``(patients,)``.
        same: uniform numbers, ``(patients, most images)``.
    """
    new_study = same >= same_study
    new_study[:, 0] = True
    patient, position = np.nonzero(np.arange(len(images)) <= choose(np.array(images), count)[:, None])
    return Visits(patient, (np.cumsum(new_study, axis=1) - 1)[patient, position], position)


class Site(NamedTuple):
    """A hospital: its two scanners, the share of its images that the first makes, and its share of the patients."""

    scanners: tuple[str, str]
    first: float
    patients: float


def scanners_used(sites: Mapping[str, Site], site: Sequence[str] | np.ndarray, uniform: np.ndarray) -> list[str]:
    """The scanner of each image, by the name of its site."""
    first = uniform < np.array([sites[name].first for name in site])
    return [sites[name].scanners[0 if main else 1] for name, main in zip(site, first, strict=True)]
