"""Who the phantom's patients are: the causal graph from race to a row of the table.

Every arrow from race is a dial of :class:`Bias` and is gone where the dial is 0; ``docs/phantom.md`` draws the graph.
All random numbers are keyed (Philox: Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3"), a row of
uniform numbers a patient, so that the first patients stay the same when more are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field
from scipy.stats import norm, truncnorm

#: The findings and their prevalence where race does not move it.
PREVALENCE: Mapping[str, float] = {
    "effusion": 0.24,
    "cardiomegaly": 0.24,
    "opacity": 0.24,
    "pneumothorax": 0.12,
    "nodule": 0.14,
}
FINDINGS = tuple(PREVALENCE)
RACES = ("Asian", "Black", "White")

#: What the dial ``prevalence`` is multiplied by before it is added to a finding's prevalence, by race.
PREVALENCE_BY_RACE: Mapping[str, Mapping[str, float]] = {
    "Asian": {"effusion": 0.3, "cardiomegaly": -0.3, "opacity": 1.0, "pneumothorax": -0.2, "nodule": 0.5},
    "Black": {"effusion": -0.8, "cardiomegaly": 0.6, "opacity": -0.6, "pneumothorax": -0.5, "nodule": -0.5},
    "White": {"effusion": 0.8, "cardiomegaly": -0.6, "opacity": 0.0, "pneumothorax": 0.5, "nodule": 0.2},
}
#: The group whose findings look milder, are missed more often and which is imaged elsewhere.
DISADVANTAGED = "Black"

#: Shares of the races where the dial ``sampling`` is 0 and where it is 1: about those of MIMIC-CXR among these three.
_EQUAL_SHARES, _OBSERVED_SHARES = np.full(3, 1 / 3), np.array([0.04, 0.19, 0.77])

#: How a patient's log BMI is moved by ``habitus``, in standard deviations.
_HABITUS = np.array([-1.0, 0.7, 0.0])

#: How much of the liability for a finding is the patient's age, and how much stays with the patient between studies.
_AGE_LOADING, _PATIENT_LOADING = 0.3, 0.6

#: How marked a finding looks is N(0, 1) in those without it and N(this, 1) in those with it: some diseased look
#: healthy and some healthy look diseased, so that the best reader of a finding has an AUROC of Φ(this/√2) at most.
SEPARATION = 2.62

#: Each site's scanners, the first of which makes this share of its images, and the site's share of the patients.
SITES: Mapping[str, tuple[tuple[str, str], float, float]] = {
    "north": (("north DR", "north portable"), 0.7, 0.5),
    "south": (("south CR", "south DR"), 0.6, 0.5),
}
SCANNERS = tuple(name for names, _, _ in SITES.values() for name in names)
VIEWS = ("PA", "AP")

#: Share of patients with 1 … 5 images (1.6 on average), and of images that belong to the study of the image before.
_IMAGES = (0.66, 0.18, 0.09, 0.045, 0.025)
_SAME_STUDY = 0.2

#: Streams of the whole cohort are keyed by a patient number that nobody has.
_NOBODY = 2**63
_PATIENTS, _STUDIES = 3, 4


class Bias(BaseModel):
    """How race is tied to what is seen and said; 0 unties it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    race_signal: float = Field(1.0, ge=0, le=3, description="strength of race in the image itself")
    prevalence: float = Field(
        0.075,
        ge=0,
        le=0.2,
        description="how far a race's prevalence of a finding lies from the others', by a table in docs/phantom.md",
    )
    presentation: float = Field(
        0.4, ge=0, le=2, description="how much less marked findings look in Black patients, in standard deviations"
    )
    annotation: float = Field(
        0.2, ge=0, le=0.9, description="share of the findings of Black patients that their labels miss"
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


def stream(seed: int, patient: int, item: int, purpose: int) -> np.random.Generator:
    """Random numbers of their own for each purpose, patient, and study or image."""
    return np.random.Generator(np.random.Philox(key=[seed, patient], counter=[0, 0, item, purpose]))


def draw(patients: int, seed: int, bias: Bias) -> pd.DataFrame:
    """The table of a cohort, a row an image.

    Returns:
        ``image``, ``patient``, ``study``; the reported findings (0 or 1) and ``no_finding``; the true ones as
        ``true_…``; race, sex, age in years, BMI in kg/m²; site, scanner, view; and what else the pixels are drawn from:
        ``bone_density`` in standard deviations, and how marked each finding looks as ``severity_…``. Race, sex, age,
        BMI, bone density and site belong to the patient, findings, labels, view and scanner to the study.
    """
    most = len(_IMAGES)
    race_u, sex_u, age_u, bmi_u, bone_u, site_u, count_u, *lasting_u = (
        stream(seed, _NOBODY, 0, _PATIENTS).random((patients, 7 + len(FINDINGS))).T
    )
    study_u = stream(seed, _NOBODY, 0, _STUDIES).random((patients, most, 3 + 3 * len(FINDINGS)))
    same_u, scanner_u, view_u = np.moveaxis(study_u[..., :3], -1, 0)
    liability_u, severity_u, missed_u = np.split(study_u[..., 3:], 3, axis=-1)

    race = _choose((1 - bias.sampling) * _EQUAL_SHARES + bias.sampling * _OBSERVED_SHARES, race_u)
    disadvantaged = race == RACES.index(DISADVANTAGED)
    female = sex_u < 0.5
    age_z = truncnorm.ppf(age_u, -2.2, 2.2)
    age = np.rint(58 + 16 * age_z)
    bmi = np.clip(np.exp(np.log(26.5) + 0.19 * (norm.ppf(bmi_u) + bias.habitus * _HABITUS[race])), 16, 50)
    bone = norm.ppf(bone_u) - 0.03 * (age - 55) - 0.4 * (female & (age > 55))
    southern = site_u < SITES["south"][2] + bias.acquisition * disadvantaged

    present = _present(race, age_z, np.stack(lasting_u, axis=1), liability_u, bias)
    look = norm.ppf(severity_u) + (SEPARATION - bias.presentation * disadvantaged[:, None, None]) * present
    reported = present & ~(disadvantaged[:, None, None] & (missed_u < bias.annotation))

    new_study = same_u >= _SAME_STUDY
    new_study[:, 0] = True
    study_of = np.cumsum(new_study, axis=1) - 1
    row, position = np.nonzero(np.arange(most) <= _choose(np.array(_IMAGES), count_u)[:, None])
    study = study_of[row, position]
    names = [f"p{patient:06d}-s{number + 1}" for patient, number in zip(row, study, strict=True)]
    site = np.where(southern, "south", "north")[row]
    first = scanner_u[row, study] < np.array([SITES[name][1] for name in site])
    return pd.DataFrame(
        {
            "image": [f"{name}-{number}" for name, number in zip(names, position, strict=True)],
            "patient": [name[:7] for name in names],
            "study": names,
            **_labels("", reported[row, study]),
            **_labels("true_", present[row, study]),
            "race": np.array(RACES)[race[row]],
            "sex": np.where(female, "F", "M")[row],
            "age": age[row],
            "bmi": np.round(bmi, 1)[row],
            "site": site,
            "scanner": [SITES[name][0][0 if main else 1] for name, main in zip(site, first, strict=True)],
            "view": np.where(view_u < 0.65, "PA", "AP")[row, study],
            "bone_density": np.round(bone, 2)[row],
            **{f"severity_{name}": np.round(look[row, study, k], 3) for k, name in enumerate(FINDINGS)},
        }
    )


def _present(
    race: np.ndarray, age_z: np.ndarray, lasting_u: np.ndarray, liability_u: np.ndarray, bias: Bias
) -> np.ndarray:
    """Which findings are there ``(patients, studies, findings) bool``, by a liability-threshold model.

    A finding is present where a standard normal liability, in part the patient's age, in part lasting, exceeds the
    threshold of its prevalence.
    """
    rest = np.sqrt(1 - _AGE_LOADING**2 - _PATIENT_LOADING**2)
    lasting = _AGE_LOADING * age_z[:, None] + _PATIENT_LOADING * norm.ppf(lasting_u)
    liability = lasting[:, None] + rest * norm.ppf(liability_u)
    moved = np.array([[PREVALENCE_BY_RACE[name][finding] for finding in FINDINGS] for name in RACES])
    prevalence = np.array(list(PREVALENCE.values())) + bias.prevalence * moved[race]
    return liability > norm.isf(np.clip(prevalence, 0.01, 0.99))[:, None]


def _labels(prefix: str, findings: np.ndarray) -> dict[str, np.ndarray]:
    columns = {f"{prefix}{name}": findings[:, k].astype(float) for k, name in enumerate(FINDINGS)}
    return columns | {f"{prefix}no_finding": (~findings.any(axis=1)).astype(float)}


def _choose(shares: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Codes 0 … K-1 that occur in these shares, from uniform numbers."""
    return np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")
