"""Who the phantom's patients are: the causal graph from race to a row of the table.

Every arrow from race is a dial of :class:`Bias` and is gone where the dial is 0; ``docs/phantom.md`` draws the graph.
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
    image_names,
    mixed,
    of_cohort,
    patient_name,
    scanners_used,
    study_names,
    visits,
)

RACES = ("Asian", "Black", "White")
#: The group whose findings look milder, are missed more often and which is imaged elsewhere.
DISADVANTAGED = "Black"

FINDINGS = Findings(
    prevalence={"effusion": 0.24, "cardiomegaly": 0.24, "opacity": 0.24, "pneumothorax": 0.12, "nodule": 0.14},
    moved={
        "Asian": {"effusion": 0.3, "cardiomegaly": -0.3, "opacity": 1.0, "pneumothorax": -0.2, "nodule": 0.5},
        "Black": {"effusion": -0.8, "cardiomegaly": 0.6, "opacity": -0.6, "pneumothorax": -0.5, "nodule": -0.5},
        "White": {"effusion": 0.8, "cardiomegaly": -0.6, "opacity": 0.0, "pneumothorax": 0.5, "nodule": 0.2},
    },
    age=0.3,
    lasting=0.6,
    separation=2.62,
)

#: Shares of the races where the dial ``sampling`` is 1: about those of MIMIC-CXR among these three.
_OBSERVED_SHARES = np.array([0.04, 0.19, 0.77])

#: How a patient's log BMI is moved by ``habitus``, in standard deviations.
_HABITUS = np.array([-1.0, 0.7, 0.0])

SITES: Mapping[str, Site] = {
    "north": Site(("north DR", "north portable"), first=0.7, patients=0.5),
    "south": Site(("south CR", "south DR"), first=0.6, patients=0.5),
}
VIEWS = ("PA", "AP")

#: Share of patients with 1 … 5 images (1.6 on average), and of images that belong to the study of the image before.
_IMAGES = (0.66, 0.18, 0.09, 0.045, 0.025)
_SAME_STUDY = 0.2


class Bias(BaseBias):
    """How race is tied to what is seen and said; 0 unties it."""

    prevalence: float = Field(
        0.075,
        ge=0,
        le=0.2,
        description="how far a race's prevalence of a finding lies from the others', by a table in docs/phantom.md",
    )
    acquisition: float = Field(
        0.1, ge=0, le=0.5, description="share of Black patients who are imaged at the southern site instead"
    )
    sampling: float = Field(
        0.5, ge=0, le=1, description="from equal shares of the races (0) to those of MIMIC-CXR (1: 4%, 19%, 77%)"
    )
    habitus: float = Field(
        0.3,
        ge=0,
        le=1,
        description="standard deviations by which log BMI lies lower in Asian, and .7 of them higher in Black patients",
    )


def draw(patients: int, seed: int, bias: Bias) -> pd.DataFrame:
    """The table of a cohort, a row an image.

    Returns:
        ``image``, ``patient``, ``study``; the reported findings (0 or 1) and ``no_finding``; the true ones as
        ``true_…``; race, sex, age in years, BMI in kg/m²; site, scanner, view; and what else the pixels are drawn from:
        ``bone_density`` in standard deviations, and how marked each finding looks as ``severity_…``. Race, sex, age,
        BMI, bone density and site belong to the patient, findings, labels, view and scanner to the study.
    """
    most, findings = len(_IMAGES), len(FINDINGS.names)
    race_u, sex_u, age_u, bmi_u, bone_u, site_u, count_u, *lasting_u = (
        of_cohort(seed, "patients").random((patients, 7 + findings)).T
    )
    study_u = of_cohort(seed, "studies").random((patients, most, 3 + 3 * findings))
    same_u, scanner_u, view_u = np.moveaxis(study_u[..., :3], -1, 0)
    liability_u, severity_u, missed_u = np.split(study_u[..., 3:], 3, axis=-1)

    race = choose(mixed(_OBSERVED_SHARES, bias.sampling), race_u)
    disadvantaged = race == RACES.index(DISADVANTAGED)
    female = sex_u < 0.5
    age_z = truncnorm.ppf(age_u, -2.2, 2.2)
    age = np.rint(58 + 16 * age_z)
    bmi = np.clip(np.exp(np.log(26.5) + 0.19 * (norm.ppf(bmi_u) + bias.habitus * _HABITUS[race])), 16, 50)
    bone = norm.ppf(bone_u) - 0.03 * (age - 55) - 0.4 * (female & (age > 55))
    southern = elsewhere(SITES["south"].patients, disadvantaged, site_u, bias.acquisition)

    present = FINDINGS.present(race, age_z, np.stack(lasting_u, axis=1), liability_u, bias.prevalence)
    look = FINDINGS.looks(present, disadvantaged, severity_u, bias.presentation)
    reported = FINDINGS.reported(present, disadvantaged, missed_u, bias.annotation)

    row, study, position = visits(_IMAGES, _SAME_STUDY, count_u, same_u)
    names = study_names(row, study)
    site = np.where(southern, "south", "north")[row]
    return pd.DataFrame(
        {
            "image": image_names(names, position),
            "patient": [patient_name(patient) for patient in row],
            "study": names,
            **FINDINGS.labels("", reported[row, study]),
            **FINDINGS.labels("true_", present[row, study]),
            "race": np.array(RACES)[race[row]],
            "sex": np.where(female, "F", "M")[row],
            "age": age[row],
            "bmi": np.round(bmi, 1)[row],
            "site": site,
            "scanner": scanners_used(SITES, site, scanner_u[row, study]),
            "view": np.where(view_u < 0.65, "PA", "AP")[row, study],
            "bone_density": np.round(bone, 2)[row],
            **{f"severity_{name}": np.round(look[row, study, k], 3) for k, name in enumerate(FINDINGS.names)},
        }
    )
