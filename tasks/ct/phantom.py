"""Synthetic slices of chest CT of synthetic patients: the data set of this task that every machine has.

A stand-in that makes no claim on biology. ``docs/phantoms.md`` says what is drawn, what each dial does and how the
paper's figures of chest CT come out on it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from bench.phantom import NO_RACE, Cells, Numbers, Row, Waves, cloud_gain, drawn, numbers_of, twin
from bench.task import Options, Phantom, Reading

from . import _phantom_anatomy as anatomy
from . import _phantom_findings as findings
from ._phantom_anatomy import Anatomy, Frame, Patient
from ._phantom_findings import Disease
from ._phantom_numbers import ARRANGEMENT, LUNG_TEXTURE, SCANNERS, SOFT_TEXTURE, WINDOWS, acquire
from ._phantom_patients import FINDINGS, RACES, Bias, draw

_SEVERITIES = tuple(f"severity_{name}" for name in FINDINGS.names)
#: What the pixels are drawn from beside what the task knows.
DRAWN_FROM = _SEVERITIES
_CELLS = Cells(
    categories={
        "race": (*RACES, NO_RACE),
        "sex": ("F", "M"),
        "scanner": tuple(SCANNERS),
        "window": tuple(WINDOWS),
    },
    numbers=("bmi", "slice_position", *DRAWN_FROM),
)


class PhantomOptions(Options):
    """What may be set on the phantom."""

    patients: int = Field(default=1800, ge=1, le=1_000_000, description="number of patients; about 4.5 slices each")
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="of the cohort: another seed, other patients")
    bias: Bias = Bias()


def read(root: Path | None, options: PhantomOptions) -> Reading:
    """Draw the patients and their exams; ``root`` is not looked at."""
    return Reading(draw(options.patients, options.seed, options.bias))


def render(table: pd.DataFrame, size: int, options: PhantomOptions) -> np.ndarray:
    """Draw the slices of any rows of the table, ``(N, size, size) uint8``.

    A row's pixels depend on its own cells, the seed, the race signal and the size, on nothing else.

    Raises:
        BenchError: on a size out of range, a missing column, or a cell that :func:`read` never writes.
    """
    return drawn(_CELLS.rows(table, size), size, lambda row: _slice(row, size, options))


def organ(table: pd.DataFrame, size: int, options: PhantomOptions) -> np.ndarray:
    """The lungs in the slices of these rows, ``(N, size, size) bool``; arguments and errors as of :func:`render`."""

    def mask(row: Row) -> np.ndarray:
        return _positioned(row, size, options)[1].lungs > 0.5

    return drawn(_CELLS.rows(table, size), size, mask, bool)


def _slice(row: Row, size: int, options: PhantomOptions) -> np.ndarray:
    patient, frame, numbers = _positioned(row, size, options)
    disease = Disease(*(row[name] for name in _SEVERITIES))
    clouds = Waves(lambda block: numbers("clouds", block), size).field(cloud_gain(size))
    # The clouds from elsewhere in the image: what is ill does not follow the vessels.
    elsewhere = np.roll(clouds, size // 2, axis=0)
    lung = anatomy.parenchyma(frame, patient, clouds)
    lung += findings.emphysema(disease.emphysema, frame, elsewhere)
    lung += findings.honeycombing(disease.honeycombing, frame, elsewhere)
    lung = findings.lesions(disease, frame, lung, numbers)
    between = anatomy.mediastinum(frame, patient)
    inner = between + (lung - between) * frame.lungs
    inner += (anatomy.AIR - inner) * anatomy.airways(frame)
    whole, body = anatomy.trunk(frame, patient, inner)
    oriented = ARRANGEMENT.texture(Waves(lambda block: numbers("oriented", block), size), frame.lean)
    shows = SOFT_TEXTURE + (LUNG_TEXTURE - SOFT_TEXTURE) * frame.lungs
    whole = whole + body * shows * oriented + anatomy.couch(frame)
    return acquire(whole, SCANNERS[row["scanner"]], row["window"], numbers("scanner"))


def _positioned(row: Row, size: int, options: PhantomOptions) -> tuple[Patient, Frame, Numbers]:
    """The patient of a row as positioned, and the random numbers of the slice."""
    numbers = numbers_of(row, options.seed)
    body = numbers("body")
    # The latents come first from the body's numbers, for a twin of no race as well.
    latents = ARRANGEMENT.latents(row["race"], options.bias.race_signal, body)
    patient = Patient(row["sex"] == "F", row["bmi"], latents, Anatomy.draw(body))
    return patient, anatomy.position(size, patient, row["slice_position"], numbers), numbers


DATASET = Phantom(
    name="phantom",
    summary="synthetic slices of chest CT of synthetic patients, drawn here; makes no claim on biology",
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
