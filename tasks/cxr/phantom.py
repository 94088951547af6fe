"""Synthetic chest radiographs of synthetic patients: the data set that every machine has.

A stand-in that makes no claim on biology. ``docs/phantom.md`` draws the causal graph, says what each dial does and
shows how the experiments of Reading Race come out on it. What a method does here shows how it works, not how well it
would do on patients.

The table holds everything that an image is drawn from, so that a row with another race is the same patient's
counterfactual twin: same body, same disease, same scanner, same noise.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from bench.phantom import NO_RACE, Cells, Numbers, Row, drawn, numbers_of, twin
from bench.task import Options, Phantom, Reading

from . import _phantom_image as drawing
from ._phantom_anatomy import Anatomy, Patient
from ._phantom_disease import Disease
from ._phantom_patients import FINDINGS, RACES, VIEWS, Bias, draw
from ._phantom_race import ARRANGEMENT
from ._phantom_scanner import SCANNERS

_SEVERITIES = tuple(f"severity_{name}" for name in FINDINGS.names)
#: What the pixels are drawn from beside what every chest radiograph's table has.
DRAWN_FROM = ("bone_density", *_SEVERITIES)
_CELLS = Cells(
    categories={"race": (*RACES, NO_RACE), "sex": ("F", "M"), "scanner": tuple(SCANNERS), "view": VIEWS},
    numbers=("age", "bmi", *DRAWN_FROM),
)


class PhantomOptions(Options):
    """What may be set on the phantom."""

    patients: int = Field(default=5000, ge=1, le=1_000_000, description="number of patients; about 1.6 images each")
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="of the cohort: another seed, other patients")
    bias: Bias = Bias()


def read(root: Path | None, options: PhantomOptions) -> Reading:
    """Draw the patients and their studies; ``root`` is not looked at."""
    return Reading(draw(options.patients, options.seed, options.bias))


def render(table: pd.DataFrame, size: int, options: PhantomOptions) -> np.ndarray:
    """Draw the images of any rows of the table, ``(N, size, size) uint8``.

    A row's pixels depend on its own cells, the seed, the race signal and the size, on nothing else.

    Raises:
        BenchError: on a size out of range, a missing column, or a cell that :func:`read` never writes.
    """

    def image(row: Row) -> np.ndarray:
        disease = Disease(*(row[name] for name in _SEVERITIES))
        patient, numbers = _patient(row, options)
        return drawing.radiograph(size, patient, disease, row["view"], SCANNERS[row["scanner"]], numbers)

    return drawn(_CELLS.rows(table, size), size, image)


def organ(table: pd.DataFrame, size: int, options: PhantomOptions) -> np.ndarray:
    """The lungs in the images of these rows, ``(N, size, size) bool``; arguments and errors as of :func:`render`."""

    def mask(row: Row) -> np.ndarray:
        patient, numbers = _patient(row, options)
        return drawing.lungs(size, patient, row["view"], numbers)

    return drawn(_CELLS.rows(table, size), size, mask, bool)


def _patient(row: Row, options: PhantomOptions) -> tuple[Patient, Numbers]:
    """The patient of a row, and the random numbers of its image."""
    numbers = numbers_of(row, options.seed)
    body = numbers("body")
    # The latents come first from the body's numbers, for a twin of no race as well.
    latents = ARRANGEMENT.latents(row["race"], options.bias.race_signal, body)
    patient = Patient(
        female=row["sex"] == "F",
        age=row["age"],
        bmi=row["bmi"],
        bone_density=row["bone_density"],
        latents=latents,
        anatomy=Anatomy.draw(body),
    )
    return patient, numbers


DATASET = Phantom(
    name="phantom",
    summary="synthetic chest radiographs of synthetic patients, drawn here; makes no claim on biology",
    read=read,
    options=PhantomOptions,
    render=render,
    twin=twin,
    organ=organ,
    drawn_from=DRAWN_FROM,
    probe=PhantomOptions(patients=3),
    version=7,
    source="rendered by this package",
    licence="Apache-2.0",
)
