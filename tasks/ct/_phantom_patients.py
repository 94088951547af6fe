"""Who the CT phantom's patients are: the causal graph from race to a row of the table.

Every arrow from race is a dial of :class:`Bias` and is gone where the dial is 0; ``docs/phantoms.md`` draws the graph.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.stats import norm, truncnorm

from bench.phantom import Bias as BaseBias
from bench.phantom import (
    Findings,
    Site,
    choose,
    elsewhere,
    exams,
    image_names,
    mixed,
    of_cohort,
    patient_name,
    places,
    scanners_used,
    study_names,
)

from ._phantom_numbers import SCANNERS

RACES = ("Asian", "Black", "White")
#: The group whose findings look milder, are missed more often and which is imaged elsewhere.
DISADVANTAGED = "Black"

#: Of one exam. The first is malignant, and with the second a positive screen; the last two make a screen negative that
#: is not clear. A cohort enriched with cancers: of screened smokers there are few in a hundred.
FINDINGS = Findings(
    prevalence={"mass": 0.24, "nodule": 0.20, "emphysema": 0.22, "honeycombing": 0.12},
    moved={
        "Asian": {"mass": 1.0, "nodule": -0.3, "emphysema": -0.5, "honeycombing": 0.2},
        "Black": {"mass": -0.9, "nodule": -0.6, "emphysema": 0.2, "honeycombing": -0.3},
        "White": {"mass": -0.1, "nodule": 0.9, "emphysema": 0.4, "honeycombing": 0.2},
    },
    age=0.3,
    lasting=0.6,
    separation=2.62,
)

#: Shares of the races where the dial ``sampling`` is 1. In NLST they are 2%, 5% and 93% of these three, of which a
#: cohort of this size would hold too few; these are five times as many of the two.
_OBSERVED_SHARES = np.array([0.10, 0.25, 0.65])
#: How a patient's log BMI is moved by ``habitus``, in standard deviations.
_HABITUS = np.array([-1.0, 0.7, 0.0])

SITES: Mapping[str, Site] = {
    "north": Site(("north sharp", "north standard"), first=0.6, patients=0.5),
    "south": Site(("south standard", "south smooth"), first=0.6, patients=0.5),
}
#: Where the slices of an exam lie, 0 at the apex of the lungs and 1 at the dome of the liver, give or take.
_LEVELS, _JITTER = np.array([0.16, 0.38, 0.62, 0.86]), 0.06
#: Shares of the patients with one and two exams.
_EXAMS = (0.88, 0.12)


class Bias(BaseBias):
    """How race is tied to what is seen and said; 0 unties it."""

    acquisition: float = Field(
        0.1, ge=0, le=0.5, description="share of Black patients who are imaged at the southern site instead"
    )
    sampling: float = Field(
        0.5, ge=0, le=1, description="from equal shares of the races (0) to 10% Asian, 25% Black, 65% White (1)"
    )
    habitus: float = Field(
        0.3,
        ge=0,
        le=1,
        description="standard deviations by which log BMI lies lower in Asian, and .7 of them higher in Black patients",
    )


def draw(patients: int, seed: int, bias: Bias) -> pd.DataFrame:
    """The table of a cohort, a row a slice, four an exam.

    Returns:
        ``image``, ``patient``, ``study``; the reported targets (0 or 1) and the true ones as ``true_…``, both of the
        exam; race, sex, age in years, BMI in kg/m²; site, scanner, window; ``slice_position`` from 0, the apex of the
        lungs, to 1, the dome of the liver; and what else the pixels are drawn from: how marked each finding looks as
        ``severity_…``. Race, sex, age, BMI and site belong to the patient, the position to the slice, all else to the
        exam.
    """
    most, findings, slices = len(_EXAMS), len(FINDINGS.names), len(_LEVELS)
    race_u, sex_u, age_u, bmi_u, site_u, count_u, first_u, *lasting_u = (
        of_cohort(seed, "patients").random((patients, 7 + findings)).T
    )
    study_u = of_cohort(seed, "studies").random((patients, most, 2 + slices + 3 * findings))
    scanner_u, window_u = study_u[..., 0], study_u[..., 1]
    level_u = study_u[..., 2 : 2 + slices]
    liability_u, severity_u, missed_u = np.split(study_u[..., 2 + slices :], 3, axis=-1)

    race = choose(mixed(_OBSERVED_SHARES, bias.sampling), race_u)
    disadvantaged = race == RACES.index(DISADVANTAGED)
    age_z = truncnorm.ppf(age_u, -2, 2.5)
    bmi = np.clip(np.exp(np.log(27.5) + 0.17 * (norm.ppf(bmi_u) + bias.habitus * _HABITUS[race])), 16, 50)
    southern = elsewhere(SITES["south"].patients, disadvantaged, site_u, bias.acquisition)

    present = FINDINGS.present(race, age_z, np.stack(lasting_u, axis=1), liability_u, bias.prevalence)
    look = FINDINGS.looks(present, disadvantaged, severity_u, bias.presentation)
    reported = FINDINGS.reported(present, disadvantaged, missed_u, bias.annotation)

    row, study, position = exams(_EXAMS, slices, count_u)
    place = places(position, slices, first_u[row])
    names = study_names(row, study)
    site = np.where(southern, "south", "north")[row]
    scanner = scanners_used(SITES, site, scanner_u[row, study])
    lung = window_u[row, study] < np.array([SCANNERS[name].lung for name in scanner])
    return pd.DataFrame(
        {
            "image": image_names(names, position),
            "patient": [patient_name(patient) for patient in row],
            "study": names,
            **_targets("", reported[row, study]),
            **_targets("true_", present[row, study]),
            "race": np.array(RACES)[race[row]],
            "sex": np.where(sex_u < 0.45, "F", "M")[row],
            "age": np.rint(62 + 5 * age_z)[row],
            "bmi": np.round(bmi, 1)[row],
            "site": site,
            "scanner": scanner,
            "window": np.where(lung, "lung", "soft tissue"),
            "slice_position": np.round(_LEVELS[place] + _JITTER * (2 * level_u[row, study, place] - 1), 3),
            **{f"severity_{name}": np.round(look[row, study, k], 3) for k, name in enumerate(FINDINGS.names)},
        }
    )


def _targets(prefix: str, found: np.ndarray) -> dict[str, np.ndarray]:
    """The task's targets of exams with these findings, ``(rows, findings) bool``."""
    of = dict(zip(FINDINGS.names, found.T, strict=True))
    return {
        f"{prefix}cancer": of["mass"].astype(float),
        f"{prefix}suspicious": (of["mass"] | of["nodule"]).astype(float),
        f"{prefix}no_finding": (~found.any(axis=1)).astype(float),
    }
