"""Who the mammographic phantom's women are: the causal graph from race to a row of the table.

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

RACES = ("Asian", "Black", "White")
#: The group whose findings look milder, are missed more often and which is imaged elsewhere.
DISADVANTAGED = "Black"

#: Of one breast at one exam. The first two are malignant, a round mass is recalled, coarse calcifications are benign by
#: their look. A cohort enriched with cancers: of screened breasts there are few in a thousand.
FINDINGS = Findings(
    prevalence={"spiculated": 0.14, "fine": 0.14, "round": 0.16, "coarse": 0.14},
    moved={
        "Asian": {"spiculated": 0.9, "fine": 0.7, "round": -0.7, "coarse": -0.5},
        "Black": {"spiculated": -0.8, "fine": -0.8, "round": -0.2, "coarse": 0.3},
        "White": {"spiculated": 0.0, "fine": 0.0, "round": 0.9, "coarse": 0.7},
    },
    age=0.2,
    lasting=0.5,
    separation=2.62,
)
_MALIGNANT, _RECALLED = ("spiculated", "fine"), ("spiculated", "fine", "round")

#: Shares of the races where the dial ``sampling`` is 1: about those of EMBED among these three.
_OBSERVED_SHARES = np.array([0.07, 0.49, 0.44])
#: How a woman's log BMI is moved by ``habitus``, in standard deviations.
_HABITUS = np.array([-1.0, 0.7, 0.0])
#: BI-RADS a, b, c, d as 1 to 4: a tenth, two fifths, two fifths, a tenth of women, by how dense the breasts are.
_DENSER = norm.ppf([0.10, 0.50, 0.90])

SITES: Mapping[str, Site] = {
    "north": Site(("north FFDM", "north DBT"), first=0.6, patients=0.5),
    "south": Site(("south FFDM", "south CR"), first=0.6, patients=0.5),
}
#: The four images of an exam.
SIDES, VIEWS = ("L", "R"), ("CC", "MLO")
_SHOTS = tuple((side, view) for side in SIDES for view in VIEWS)
#: Shares of the women with one and two exams.
_EXAMS = (0.88, 0.12)


class Bias(BaseBias):
    """How race is tied to what is seen and said; 0 unties it."""

    acquisition: float = Field(
        0.1, ge=0, le=0.5, description="share of Black patients who are imaged at the southern site instead"
    )
    sampling: float = Field(
        0.5, ge=0, le=1, description="from equal shares of the races (0) to those of EMBED (1: 7%, 49%, 44%)"
    )
    habitus: float = Field(
        0.3,
        ge=0,
        le=1,
        description="standard deviations by which log BMI lies lower in Asian, and .7 of them higher in Black patients",
    )


def draw(patients: int, seed: int, bias: Bias) -> pd.DataFrame:
    """The table of a cohort, a row an image, four an exam.

    Returns:
        ``image``, ``patient``, ``study``; the reported targets (0 or 1) and the true ones as ``true_…``, both of the
        breast; race, age in years, BMI in kg/m²; site, scanner, side, view, BI-RADS density 1 to 4; and what else the
        pixels are drawn from: ``glandular``, how dense the breasts are in standard deviations, and how marked each
        finding looks as ``severity_…``. Race, age, BMI, density and site belong to the patient, the scanner to the
        exam, findings and labels to the breast at an exam.
    """
    most, sides, findings = len(_EXAMS), len(SIDES), len(FINDINGS.names)
    race_u, age_u, bmi_u, gland_u, site_u, count_u, first_u, *lasting_u = (
        of_cohort(seed, "patients").random((patients, 7 + sides * findings)).T
    )
    study_u = of_cohort(seed, "studies").random((patients, most, 1 + 3 * sides * findings))
    liability_u, severity_u, missed_u = np.moveaxis(study_u[..., 1:].reshape(patients, most, sides, 3, findings), 3, 0)

    race = choose(mixed(_OBSERVED_SHARES, bias.sampling), race_u)
    age_z = truncnorm.ppf(age_u, -2, 2.2)
    bmi_z = norm.ppf(bmi_u) + bias.habitus * _HABITUS[race]
    glandular = 0.84 * norm.ppf(gland_u) - 0.35 * age_z - 0.42 * bmi_z
    southern = elsewhere(SITES["south"].patients, race == RACES.index(DISADVANTAGED), site_u, bias.acquisition)

    # Each breast is a patient of its own to the model of findings, but for the woman's age.
    breasts = np.repeat(np.arange(patients), sides)
    lasting = np.stack(lasting_u, axis=1).reshape(patients * sides, findings)
    disadvantaged = (race == RACES.index(DISADVANTAGED))[breasts]
    by_breast = [np.swapaxes(u, 1, 2).reshape(-1, most, findings) for u in (liability_u, severity_u, missed_u)]
    present = FINDINGS.present(race[breasts], age_z[breasts], lasting, by_breast[0], bias.prevalence)
    look = FINDINGS.looks(present, disadvantaged, by_breast[1], bias.presentation)
    reported = FINDINGS.reported(present, disadvantaged, by_breast[2], bias.annotation)

    row, study, position = exams(_EXAMS, len(_SHOTS), count_u)
    side, view = np.array(_SHOTS)[places(position, len(_SHOTS), first_u[row])].T
    breast = row * sides + (side == "R")
    names = study_names(row, study)
    site = np.where(southern, "south", "north")[row]
    return pd.DataFrame(
        {
            "image": image_names(names, position),
            "patient": [patient_name(patient) for patient in row],
            "study": names,
            **_targets("", reported[breast, study]),
            **_targets("true_", present[breast, study]),
            "race": np.array(RACES)[race[row]],
            "age": np.rint(58 + 11 * age_z)[row],
            "bmi": np.round(np.clip(np.exp(np.log(28) + 0.2 * bmi_z), 16, 50), 1)[row],
            "density": 1.0 + np.searchsorted(_DENSER, glandular)[row],
            "site": site,
            "scanner": scanners_used(SITES, site, study_u[row, study, 0]),
            "side": side,
            "view": view,
            "glandular": np.round(glandular, 2)[row],
            **{f"severity_{name}": np.round(look[breast, study, k], 3) for k, name in enumerate(FINDINGS.names)},
        }
    )


def _targets(prefix: str, found: np.ndarray) -> dict[str, np.ndarray]:
    """The task's targets of breasts with these findings, ``(rows, findings) bool``."""
    of = dict(zip(FINDINGS.names, found.T, strict=True))
    return {
        f"{prefix}cancer": np.any([of[name] for name in _MALIGNANT], axis=0).astype(float),
        f"{prefix}suspicious": np.any([of[name] for name in _RECALLED], axis=0).astype(float),
        f"{prefix}no_finding": (~found.any(axis=1)).astype(float),
    }
