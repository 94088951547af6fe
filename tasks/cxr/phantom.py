"""Synthetic chest radiographs of synthetic patients: the data set that every machine has.

A stand-in that makes no claim on biology. ``docs/phantom.md`` draws the causal graph, says what each dial does and
shows how the experiments of Reading Race come out on it. What a method does here shows how it works, not how well it
would do on patients.

The table holds everything that an image is drawn from, so that a row with another race is the same patient's
counterfactual twin: same body, same disease, same scanner, same noise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from bench.errors import BenchError, suggest
from bench.task import Dataset, Options, Reading

from . import _phantom_image as drawing
from ._phantom_anatomy import Anatomy, Patient
from ._phantom_disease import Disease
from ._phantom_patients import FINDINGS, RACES, VIEWS, Bias, draw, stream
from ._phantom_race import CENTERS, SCATTER
from ._phantom_scanner import SCANNERS

#: The race of a twin in whose image nothing depends on race.
NO_RACE = "none"

_IMAGE_NAME = re.compile(r"p(\d{6})-s(\d)-(\d)")
_SEVERITIES = tuple(f"severity_{name}" for name in FINDINGS)
#: What the pixels are drawn from beside what every chest radiograph's table has.
DRAWN_FROM = ("bone_density", *_SEVERITIES)
_NUMBERS = ("age", "bmi", *DRAWN_FROM)
_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "race": (*RACES, NO_RACE),
    "sex": ("F", "M"),
    "scanner": tuple(SCANNERS),
    "view": VIEWS,
}

#: What a stream of random numbers is for, and where the blocks of waves begin.
_PURPOSES = {"body": 0, "disease": 1, "image": 2, "scanner": 5, "clouds": 16, "oriented": 32}


class PhantomOptions(Options):
    """What may be set on the phantom."""

    patients: int = Field(default=5000, ge=1, le=1_000_000, description="number of patients; about 1.6 images each")
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="of the cohort: another seed, other patients")
    bias: Bias = Bias()


def read(root: Path | None, options: PhantomOptions) -> Reading:
    """Draw the patients and their studies; ``root`` is not looked at."""
    return Reading(draw(options.patients, options.seed, options.bias))


def twin(table: pd.DataFrame, group: str | None) -> pd.DataFrame:
    """The same rows as patients of another race, or of none: all else, noise included, stays as it is."""
    return table.assign(race=NO_RACE if group is None else group)


def render(table: pd.DataFrame, size: int, options: PhantomOptions) -> np.ndarray:
    """Draw the images of any rows of the table, ``(N, size, size) uint8``.

    A row's pixels depend on its own cells, the seed, the race signal and the size, on nothing else.

    Raises:
        BenchError: on a size out of range, a missing column, or a cell that :func:`read` never writes.
    """
    images = np.empty((len(table), size, size), dtype=np.uint8)
    # One image at a time: its maps stay in the processor's cache, and no operation can depend on its neighbors.
    for place, row in enumerate(_checked(table, size)):
        disease = Disease(*(row[name] for name in _SEVERITIES))
        patient, numbers = _drawn(row, options)
        images[place] = drawing.radiograph(size, patient, disease, row["view"], SCANNERS[row["scanner"]], numbers)
    return images


def organ(table: pd.DataFrame, size: int, options: PhantomOptions) -> np.ndarray:
    """The lungs in the images of these rows, ``(N, size, size) bool``; arguments and errors as of :func:`render`."""
    masks = np.empty((len(table), size, size), dtype=bool)
    for place, row in enumerate(_checked(table, size)):
        patient, numbers = _drawn(row, options)
        masks[place] = drawing.lungs(size, patient, row["view"], numbers)
    return masks


def _checked(table: pd.DataFrame, size: int) -> Sequence[Mapping[Any, Any]]:
    if not 16 <= size <= 1024:
        raise BenchError(f"The phantom is drawn at 16 to 1024 pixels a side, not {size} (image size of the task).")
    needed = ["image", *_CATEGORIES, *_NUMBERS]
    if missing := [column for column in needed if column not in table]:
        raise BenchError(f"The phantom cannot be drawn from a table without the column {missing[0]!r}.")
    rows = table[needed].to_dict("records")
    for row in rows:
        for column, allowed in _CATEGORIES.items():
            if row[column] not in allowed:
                hint = suggest(str(row[column]), allowed)
                raise BenchError(f"Image {row['image']!r} of the phantom has {column} {row[column]!r}.{hint}")
        for column in _NUMBERS:
            if not np.isfinite(row[column]):
                raise BenchError(f"Image {row['image']!r} of the phantom has no {column}: it cannot be drawn.")
    return rows


def _drawn(row: Mapping[Any, Any], options: PhantomOptions) -> tuple[Patient, drawing.Stream]:
    """The patient of a row, and where its random numbers come from."""
    name = _IMAGE_NAME.fullmatch(row["image"])
    if name is None:
        raise BenchError(f"{row['image']!r} is no image of the phantom; those are named like 'p000123-s1-0'.")
    number, study, position = map(int, name.groups())
    body = stream(options.seed, number, 0, _PURPOSES["body"])
    scatter = SCATTER * body.standard_normal(2)
    latents = np.zeros(2) if row["race"] == NO_RACE else np.array(CENTERS[row["race"]]) + scatter
    patient = Patient(
        female=row["sex"] == "F",
        age=row["age"],
        bmi=row["bmi"],
        bone_density=row["bone_density"],
        latents=options.bias.race_signal * latents,
        anatomy=Anatomy.draw(body),
    )
    return patient, partial(_numbers, options.seed, number, study, position)


def _numbers(seed: int, patient: int, study: int, position: int, purpose: str, block: int) -> np.random.Generator:
    item = study if purpose == "disease" else position
    return stream(seed, patient, item, _PURPOSES[purpose] + block)


DATASET = Dataset(
    name="phantom",
    summary="synthetic chest radiographs of synthetic patients, drawn here; makes no claim on biology",
    read=read,
    options=PhantomOptions,
    render=render,
    twin=twin,
    organ=organ,
    drawn_from=DRAWN_FROM,
    synthetic=True,
    version=7,
    source="rendered by this package",
    licence="Apache-2.0",
)
