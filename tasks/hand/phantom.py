"""Synthetic radiographs of the left hands of synthetic children: the data set of this task that every machine has.

A stand-in that makes no claim on biology. ``docs/phantoms.md`` says what is drawn, what each dial does and how the
paper's figure of hands comes out on it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from bench.phantom import NO_RACE, Cells, Numbers, Row, Waves, acquire, cloud_gain, drawn, numbers_of, twin
from bench.task import Options, Phantom, Reading

from . import _phantom_anatomy as anatomy
from ._phantom_anatomy import Anatomy, Frame, Patient
from ._phantom_numbers import ARRANGEMENT, EXPOSURE, SCANNERS
from ._phantom_patients import RACES, Bias, draw

#: What the pixels are drawn from beside what the task knows.
DRAWN_FROM = ("look", "fullness")
_CELLS = Cells(
    categories={"race": (*RACES, NO_RACE), "sex": ("F", "M"), "scanner": tuple(SCANNERS)}, numbers=DRAWN_FROM
)
#: Contrast of the 1/f noise that is everywhere in the hand, in thickness; more of it is seen in bone, as trabeculae.
_CLOUDS, _TRABECULAE = 0.022, 0.10


class PhantomOptions(Options):
    """What may be set on the phantom."""

    patients: int = Field(default=7000, ge=1, le=1_000_000, description="number of children, an image each")
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="of the cohort: another seed, other patients")
    bias: Bias = Bias()


def read(root: Path | None, options: PhantomOptions) -> Reading:
    """Draw the children; ``root`` is not looked at."""
    return Reading(draw(options.patients, options.seed, options.bias))


def render(table: pd.DataFrame, size: int, options: PhantomOptions) -> np.ndarray:
    """Draw the images of any rows of the table, ``(N, size, size) uint8``.

    A row's pixels depend on its own cells, the seed, the race signal and the size, on nothing else.

    Raises:
        BenchError: on a size out of range, a missing column, or a cell that :func:`read` never writes.
    """
    return drawn(_CELLS.rows(table, size), size, lambda row: _radiograph(row, size, options))


def organ(table: pd.DataFrame, size: int, options: PhantomOptions) -> np.ndarray:
    """The bones in the images of these rows, ``(N, size, size) bool``; arguments and errors as of :func:`render`."""

    def mask(row: Row) -> np.ndarray:
        patient, frame, _ = _positioned(row, size, options)
        return anatomy.bones(frame, patient, anatomy.skeleton(patient)) > 0.08

    return drawn(_CELLS.rows(table, size), size, mask, bool)


def _radiograph(row: Row, size: int, options: PhantomOptions) -> np.ndarray:
    patient, frame, numbers = _positioned(row, size, options)
    rays = anatomy.skeleton(patient)
    soft, bone = anatomy.soft_tissue(frame, patient, rays), anatomy.bones(frame, patient, rays)
    clouds = Waves(lambda block: numbers("clouds", block), size).field(cloud_gain(size))
    oriented = ARRANGEMENT.texture(Waves(lambda block: numbers("oriented", block), size), frame.lean)
    inside = np.minimum(soft / 0.25, 1)
    soft = soft + inside * (_CLOUDS * clouds + oriented)
    return acquire(soft, bone * (1 + _TRABECULAE * clouds), SCANNERS[row["scanner"]], EXPOSURE, numbers("scanner"))


def _positioned(row: Row, size: int, options: PhantomOptions) -> tuple[Patient, Frame, Numbers]:
    """The child of a row, the hand as positioned, and the random numbers of the image."""
    numbers = numbers_of(row, options.seed)
    body = numbers("body")
    # The latents come first from the body's numbers, for a twin of no race as well.
    latents = ARRANGEMENT.latents(row["race"], options.bias.race_signal, body)
    female = row["sex"] == "F"
    years = anatomy.maturity(row["look"], female)
    patient = Patient(female, years, row["fullness"], latents, Anatomy.draw(body))
    return patient, anatomy.position(size, patient, numbers), numbers


DATASET = Phantom(
    name="phantom",
    summary="synthetic radiographs of the left hands of synthetic children, drawn here; makes no claim on biology",
    read=read,
    options=PhantomOptions,
    render=render,
    twin=twin,
    organ=organ,
    drawn_from=DRAWN_FROM,
    probe=PhantomOptions(patients=3),
    version=1,
    source="rendered by this package",
    licence="Apache-2.0",
)
