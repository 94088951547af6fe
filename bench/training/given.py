"""What a training is given, and what of it a method is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from bench.errors import BenchError, suggest
from bench.method import Method, TrainingSet
from bench.task import MIN_GROUP_PATIENTS, Cohort


@dataclass(frozen=True)
class Given:
    """The images of a training.

    Args:
        train: the training images.
        val: the images that epochs are chosen on.
        pixels: the image cache that the rows of all cohorts point into, ``(rows, H, W[, C]) uint8``.
        held_out: images of other patients, that a method which declares it is finished on.
        twins: the training images of one group after the other, ``(G N, H, W[, C])``, for a method that needs them.
    """

    train: Cohort
    val: Cohort
    pixels: np.ndarray
    held_out: Cohort | None = None
    twins: np.ndarray | None = None

    def check(self, method: type[Method]) -> None:
        """See that there is what the method declares to need.

        Raises:
            BenchError: naming what is missing.
        """
        check_held_out(method, self.held_out)
        check_attributes(method, self.train)
        if method.needs_twins and self.twins is None:
            raise BenchError(
                f"Method {method.__name__} trains on images of the same patients in another group (needs_twins), and "
                "there are none here: only a synthetic data set can render them."
            )


def check_held_out(method: type[Method], held_out: Cohort | None) -> None:
    """See that a method that is finished on held out patients can be.

    Raises:
        BenchError: when it needs some and there are none.
    """
    if method.uses_held_out and not held_out:
        raise BenchError(
            f"Method {method.__name__} is finished on held out patients (uses_held_out), and there are none: val is too"
            f" small to be halved, since each half needs both classes of every target and {MIN_GROUP_PATIENTS} patients"
            " of every group. More patients are needed, or fewer task.groups or task.targets."
        )


def check_attributes(method: type[Method], cohort: Cohort) -> None:
    """See that the attributes that a method wants to be told are there to be told.

    Raises:
        BenchError: for one that the cohort does not have, and for the protected one where race is never to be seen.
    """
    known = [attribute.name for attribute in cohort.attributes()]
    for name in method.uses_attributes:
        if name == cohort.spec.protected and method.uses_race == "never":
            raise BenchError(
                f"Method {method.__name__} declares uses_attributes with {name!r}, which is the protected attribute "
                'here, and uses_race = "never". It takes uses_race = "train".'
            )
        if name not in known or " x " in name:
            there = [one for one in known if " x " not in one]
            raise BenchError(
                f"Method {method.__name__} wants to be told {name!r} (uses_attributes), which data set "
                f"{cohort.dataset!r} does not know.{suggest(name, there)}"
            )


def training_set(method: type[Method], cohort: Cohort, batch_size: int) -> TrainingSet:
    """What a method may know of a cohort: nothing of the protected attribute where it declares so."""
    groups = torch.tensor(cohort.groups)
    return TrainingSet(
        torch.tensor(cohort.targets),
        torch.full_like(groups, -1) if method.uses_race == "never" else groups,
        torch.tensor(cohort.patients),
        {name: torch.tensor(cohort.attribute(name).codes) for name in method.uses_attributes},
        min(batch_size, len(cohort)),
    )
