"""Who the hands' phantom's children are: the causal graph from race to a row of the table.

Every arrow from race is a dial of :class:`Bias` and is gone where the dial is 0; ``docs/phantoms.md`` draws the graph.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.stats import norm

from bench.phantom import Bias as BaseBias
from bench.phantom import (
    Site,
    choose,
    elsewhere,
    image_names,
    mixed,
    of_cohort,
    patient_name,
    scanners_used,
    study_names,
)

RACES = ("Asian", "Black", "Hispanic", "White")
#: The group whose hands look younger than they are, whose labels are read too low and which is imaged elsewhere.
DISADVANTAGED = "Black"

#: The years that the targets ask for, and by how much of childhood the children of a race are older on average than
#: half of it: by the dial ``prevalence``, times this.
THRESHOLDS = (6, 10, 14)
_OLDER = np.array([1.5, -1.5, 1.0, -1.0])
_YOUNGEST, _OLDEST = 1.0, 18.0
#: Standard deviations in years: of bone age about the child's age; and of what the hand looks like about its bone age,
#: since bones of one hand are ahead of others.
_SCATTER, LOOK = 1.0, 3.6

#: Shares of the races where the dial ``sampling`` is 1: about those of children in the United States among these four.
_OBSERVED_SHARES = np.array([0.06, 0.14, 0.27, 0.53])
#: How the fullness of the soft tissue is moved by ``habitus``, in standard deviations.
_HABITUS = np.array([-1.0, 0.7, 0.7, 0.0])

SITES: Mapping[str, Site] = {
    "north": Site(("north DR", "north CR"), first=0.6, patients=0.5),
    "south": Site(("south DR", "south film"), first=0.6, patients=0.5),
}


class Bias(BaseBias):
    """How race is tied to what is seen and said; 0 unties it."""

    prevalence: float = Field(
        0.075,
        ge=0,
        le=0.2,
        description="how much older the children of a race are, as a share of childhood, by docs/phantoms.md",
    )
    presentation: float = Field(
        0.2, ge=0, le=2, description="how much younger the hands of Black children look, in standard deviations"
    )
    annotation: float = Field(
        0.2, ge=0, le=0.9, description="share of Black children whose highest threshold passed the labels miss"
    )
    acquisition: float = Field(
        0.1, ge=0, le=0.5, description="share of Black patients who are imaged at the southern site instead"
    )
    sampling: float = Field(
        0.5,
        ge=0,
        le=1,
        description="from equal shares of the races (0) to those of children in the US (1: 6%, 14%, 27%, 53%)",
    )
    habitus: float = Field(
        0.3,
        ge=0,
        le=1,
        description="standard deviations by which Asian hands are slimmer, .7 of them Black and Hispanic ones fuller",
    )


def draw(patients: int, seed: int, bias: Bias) -> pd.DataFrame:
    """The table of a cohort, a row a child, each with one image.

    Returns:
        ``image``, ``patient``, ``study``; the reported targets (0 or 1) and the true ones as ``true_…``; race, sex, age
        in years, bone age in years; site, scanner; and what else the pixels are drawn from: ``look``, the bone age that
        the hand looks like, and ``fullness`` of the soft tissue in standard deviations.
    """
    race_u, sex_u, age_u, bone_u, look_u, full_u, missed_u, site_u, scanner_u = (
        of_cohort(seed, "patients").random((patients, 9)).T
    )
    race = choose(mixed(_OBSERVED_SHARES, bias.sampling), race_u)
    disadvantaged = race == RACES.index(DISADVANTAGED)
    # Of u to the power p the mean is 1 / (1 + p); all ages stay within childhood.
    power = 1 / (0.5 + bias.prevalence * _OLDER[race]) - 1
    age = _YOUNGEST + (_OLDEST - _YOUNGEST) * age_u**power
    bone_age = np.round(np.clip(age + _SCATTER * norm.ppf(bone_u), 0.3, 19), 1)
    look = bone_age + LOOK * (norm.ppf(look_u) - bias.presentation * disadvantaged)
    southern = elsewhere(SITES["south"].patients, disadvantaged, site_u, bias.acquisition)

    passed = bone_age[:, None] > np.array(THRESHOLDS)
    highest = passed & ~np.pad(passed, ((0, 0), (0, 1)))[:, 1:]
    reported = passed & ~(highest & (disadvantaged & (missed_u < bias.annotation))[:, None])
    site = np.where(southern, "south", "north")
    studies = study_names(range(patients), [0] * patients)
    return pd.DataFrame(
        {
            "image": image_names(studies, [0] * patients),
            "patient": [patient_name(patient) for patient in range(patients)],
            "study": studies,
            **{f"bone_age_over_{t}": reported[:, k].astype(float) for k, t in enumerate(THRESHOLDS)},
            **{f"true_bone_age_over_{t}": passed[:, k].astype(float) for k, t in enumerate(THRESHOLDS)},
            "race": np.array(RACES)[race],
            "sex": np.where(sex_u < 0.5, "F", "M"),
            "age": np.floor(age),
            "bone_age": bone_age,
            "site": site,
            "scanner": scanners_used(SITES, site, scanner_u),
            "look": np.round(look, 2),
            "fullness": np.round(np.clip(norm.ppf(full_u) + bias.habitus * _HABITUS[race], -3, 3), 2),
        }
    )
