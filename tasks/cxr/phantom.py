"""Synthetic chest radiographs of synthetic patients: the data set that every machine has.

A stand-in that makes no claim on biology. Race is written into a texture that exists in no body, and diseases are drawn
more often in one group than in another because an option says so. It was built so that a network trained for race reads
it, one trained for findings carries it along, an untrained one hardly does, and a method can remove it. What a method
does here shows how it works, not how well it would do on patients.

How an image comes about (every arrow is a line of this file or of ``_phantom_image.py``)::

    race ──> two latents ──> arrangement of the texture ──┐
      └────> prevalence ──> findings ──> how marked ──────┤
    age ──────────────────────┘                           ├──> thickness maps ──> scanner ──> pixels
    sex, age, BMI, body ──────────────────────────────────┤
    view, positioning, exposure ──────────────────────────┘

Body, sex, age, BMI, view and scanner do not depend on race. All random numbers are keyed by patient, study and image
(Philox: Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3"), so a row's pixels are the same whatever
rows are drawn beside it, and the first patients stay the same when more are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field
from scipy.stats import norm, truncnorm

from bench.errors import BenchError, suggest
from bench.task import Dataset, Options, Reading
from tasks.cxr import _phantom_image as drawing
from tasks.cxr._phantom_texture import RACE_CENTRES, RACE_SCATTER

#: The findings and their prevalence where race does not move it.
PREVALENCE = {"effusion": 0.28, "cardiomegaly": 0.26, "opacity": 0.28}
FINDINGS = tuple(PREVALENCE)

#: How much of the liability for a finding is the patient's age, and how much stays with the patient between studies.
_AGE_LOADING, _PATIENT_LOADING = 0.3, 0.6

#: How marked a finding looks is N(0, 1) in those without it and N(this, 1) in those with it: some diseased look
#: healthy and some healthy look diseased, so that the best reader of a finding has an AUROC of Φ(this/√2) at most.
SEPARATION = 1.9

#: Groups with their share of the patients, and the multiple of ``bias.prevalence`` that is added to each prevalence.
RACES = {"Asian": (0.20, 0.0), "Black": (0.25, 1.0), "White": (0.55, -0.6)}

#: Share of patients with 1 … 5 images (1.6 on average), and of images that belong to the study of the image before.
_IMAGES = (0.66, 0.18, 0.09, 0.045, 0.025)
_SAME_STUDY = 0.2

_IMAGE_NAME = re.compile(r"p(\d{6})-s(\d)-(\d)")
_READ_BY_RENDER = ("image", *FINDINGS, "race", "sex", "age", "bmi", "scanner", "view")

#: In place of a race: the patient whose texture no race has moved.
NO_RACE = "none"

_CATEGORIES = {"race": (*RACES, NO_RACE), "sex": ("F", "M"), "scanner": drawing.SCANNERS, "view": drawing.VIEWS}

#: What a stream of random numbers is for; those of the whole cohort are keyed by a patient number nobody has.
_BODY, _DISEASE, _IMAGE, _PATIENTS, _STUDIES = range(5)
_NOBODY = 2**63


class Bias(BaseModel):
    """How race is tied to what is seen; 0 unties it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    prevalence: float = Field(
        default=0.12,
        ge=0,
        le=0.2,
        description="added to every finding's prevalence in Black patients; .6 of it is taken off in White patients",
    )
    race_signal: float = Field(default=1.0, ge=0, le=3, description="strength of race in the texture of the image")


class PhantomOptions(Options):
    """What may be set on the phantom."""

    patients: int = Field(default=5000, ge=1, le=1_000_000, description="number of patients; about 1.6 images each")
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="of the cohort: another seed, other patients")
    bias: Bias = Bias()


def read(root: Path | None, options: PhantomOptions) -> Reading:
    """Draw the patients and their studies; ``root`` is not looked at.

    Returns:
        A table of one row an image (see :class:`bench.task.Reading`), findings 0 or 1, ``no_finding`` where none is
        present, age in years, BMI in kg/m². Race, sex, age and BMI belong to the patient, findings, view and scanner
        to the study.
    """
    patients, most = options.patients, len(_IMAGES)
    # A row of uniform numbers a patient: more patients leave the rows of the first ones as they are.
    race_u, sex_u, age_u, bmi_u, count_u, *lasting_u = (
        _stream(options.seed, _NOBODY, 0, _PATIENTS).random((patients, 8)).T
    )
    study_u = _stream(options.seed, _NOBODY, 0, _STUDIES).random((patients, most, 6))

    shares, burdens = np.array(list(RACES.values())).T
    race = _choose(shares, race_u)
    age_z = truncnorm.ppf(age_u, -2.2, 2.2)
    bmi = np.clip(np.exp(np.log(26.5) + 0.19 * norm.ppf(bmi_u)), 16, 50)

    # Liability-threshold model: a finding is present where a standard normal liability exceeds its threshold.
    rest = np.sqrt(1 - _AGE_LOADING**2 - _PATIENT_LOADING**2)
    lasting = _AGE_LOADING * age_z[:, None] + _PATIENT_LOADING * norm.ppf(np.stack(lasting_u, axis=1))
    liability = lasting[:, None] + rest * norm.ppf(study_u[..., :3])  # (patients, studies, findings)
    prevalence = np.array(list(PREVALENCE.values())) + options.bias.prevalence * burdens[race][:, None]
    present = liability > norm.isf(prevalence)[:, None]

    new_study = study_u[..., 3] >= _SAME_STUDY
    new_study[:, 0] = True
    study_of = np.cumsum(new_study, axis=1) - 1
    row, position = np.nonzero(np.arange(most) <= _choose(np.array(_IMAGES), count_u)[:, None])
    study = study_of[row, position]
    findings = present[row, study]
    names = [f"p{patient:06d}-s{number + 1}" for patient, number in zip(row, study, strict=True)]
    table = pd.DataFrame(
        {
            "image": [f"{name}-{number}" for name, number in zip(names, position, strict=True)],
            "patient": [name[:7] for name in names],
            "study": names,
            **{finding: findings[:, column].astype(float) for column, finding in enumerate(FINDINGS)},
            "no_finding": (~findings.any(axis=1)).astype(float),
            "race": np.array(list(RACES))[race[row]],
            "sex": np.where(sex_u < 0.5, "F", "M")[row],
            "age": np.rint(58 + 16 * age_z)[row],
            "bmi": np.round(bmi, 1)[row],
            "scanner": np.where(study_u[..., 4] < 0.6, "DR", "CR")[row, study],
            "view": np.where(study_u[..., 5] < 0.65, "PA", "AP")[row, study],
        }
    )
    return Reading(table)


def render(table: pd.DataFrame, size: int, options: PhantomOptions) -> np.ndarray:
    """Draw the images of any rows of the table, ``(N, size, size) uint8``.

    A row's pixels depend on its own cells, the seed, the race signal and the size, on nothing else. Everything but the
    columns' own effect is keyed by the image's name: a row with another race or finding is the same patient's twin.

    Raises:
        BenchError: on a size out of range, a missing column, or a cell that :func:`read` never writes.
    """
    if not 16 <= size <= 1024:
        raise BenchError(f"The phantom is drawn at 16 to 1024 pixels a side, not {size} (image size of the task).")
    if missing := [column for column in _READ_BY_RENDER if column not in table]:
        raise BenchError(f"The phantom cannot be drawn from a table without the column {missing[0]!r}.")
    images = np.empty((len(table), size, size), dtype=np.uint8)
    # One image at a time: its maps stay in the processor's cache, and no operation can depend on its neighbours.
    for place, row in enumerate(table[list(_READ_BY_RENDER)].to_dict("records")):
        images[place] = _draw(row, size, options)
    return images


def twin(table: pd.DataFrame, group: str | None) -> pd.DataFrame:
    """The same images of the same patients, had these another race; for None, none that shows."""
    return table.assign(race=NO_RACE if group is None else group)


def _draw(row: Mapping[Any, Any], size: int, options: PhantomOptions) -> np.ndarray:
    name = _IMAGE_NAME.fullmatch(row["image"])
    if name is None:
        raise BenchError(f"{row['image']!r} is no image of the phantom; those are named like 'p000123-s1-0'.")
    for column, allowed in _CATEGORIES.items():
        if row[column] not in allowed:
            hint = suggest(str(row[column]), allowed)
            raise BenchError(f"Image {row['image']!r} of the phantom has {column} {row[column]!r}.{hint}")
    for column in (*FINDINGS, "age", "bmi"):
        if not np.isfinite(row[column]):
            raise BenchError(f"Image {row['image']!r} of the phantom has no {column}: it cannot be drawn.")
    patient, study, position = map(int, name.groups())
    body_rng = _stream(options.seed, patient, 0, _BODY)
    disease_rng = _stream(options.seed, patient, study, _DISEASE)
    latents = np.array(RACE_CENTRES.get(row["race"], (0.0, 0.0))) + RACE_SCATTER * body_rng.standard_normal(2)
    marked = disease_rng.standard_normal(len(FINDINGS)) + SEPARATION * np.array([row[finding] for finding in FINDINGS])
    return drawing.radiograph(
        size,
        drawing.Patient(
            female=row["sex"] == "F",
            age=row["age"],
            bmi=row["bmi"],
            latents=options.bias.race_signal * latents,
            anatomy=drawing.Anatomy.draw(body_rng),
        ),
        drawing.Disease(*marked.tolist()),
        row["view"],
        drawing.SCANNERS[row["scanner"]],
        disease_rng,
        _stream(options.seed, patient, position, _IMAGE),
    )


def _stream(seed: int, patient: int, item: int, purpose: int) -> np.random.Generator:
    """Random numbers of their own for each purpose, patient, and study or image."""
    return np.random.Generator(np.random.Philox(key=[seed, patient], counter=[0, 0, item, purpose]))


def _choose(shares: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Codes 0 … K-1 that occur in these shares, from uniform numbers."""
    return np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")


DATASET = Dataset(
    name="phantom",
    summary="synthetic chest radiographs of synthetic patients, drawn here; makes no claim on biology",
    read=read,
    options=PhantomOptions,
    render=render,
    twin=twin,
    synthetic=True,
    version=1,
    source="rendered by this package",
    licence="Apache-2.0",
)
