"""The halves of val: of whole patients, with nothing to do with the split, the same whoever comes or goes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.cohorts import halves, splits
from bench.data.cohorts.halves import Halves
from bench.task import MIN_GROUP_PATIENTS, Cohort, TaskSpec

GROUPS = ("Asian", "Black", "White")
SPEC = TaskSpec("cxr", ("effusion", "opacity"), "race", GROUPS, 16)


def cohort(patients: int, offset: int = 0) -> Cohort:
    """Two images a patient, races in turn, every other image positive."""
    names = np.repeat([f"p{i + offset:05d}" for i in range(patients)], 2)
    n = len(names)
    table = pd.DataFrame(
        {
            "image": [f"{name}-{i % 2}" for i, name in enumerate(names)],
            "patient": names,
            "split": splits.assign(pd.Series(names)).to_numpy(),
            "effusion": (np.arange(n) % 2).astype(float),
            "opacity": (np.arange(n) % 4 == 1).astype(float),
            "race": [GROUPS[i // 2 % 3] for i in range(n)],
            "age": 50.0,
        }
    )
    return Cohort(table, SPEC, "test", True, {"race": GROUPS})


def patients(part: Cohort) -> set[str]:
    return set(part.table["patient"])


def test_they_are_the_val_patients_each_in_one_half() -> None:
    whole = cohort(2000)
    parts = halves.of(whole)
    assert not patients(parts.fitting) & patients(parts.choosing)
    assert patients(parts.fitting) | patients(parts.choosing) == patients(whole.part("val"))
    assert len(parts.fitting) + len(parts.choosing) == len(whole.part("val"))
    # Binomial(300, 1/2): five standard deviations.
    assert abs(len(patients(parts.fitting)) / len(patients(whole.part("val"))) - 0.5) < 5 * 0.5 / 300**0.5


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_patient_keeps_the_half_whoever_comes_or_goes(others: int, offset: int) -> None:
    first, second = halves.of(cohort(1200)), halves.of(cohort(1200 + others, offset))
    shared = patients(cohort(1200).part("val")) & patients(cohort(1200 + others, offset).part("val"))
    assert patients(first.choosing) & shared == patients(second.choosing) & shared


def test_the_half_has_nothing_to_do_with_the_split() -> None:
    """Of the patients of every split, as near to a cut as may be, half would be in either half."""
    names = pd.Series([f"p{i}" for i in range(20_000)])
    share = pd.Series([halves._is_fitting(name) for name in names]).groupby(splits.assign(names)).mean()
    assert (abs(share - 0.5) < 5 * 0.5 / 3000**0.5).all()


def test_rows_point_to_the_same_images() -> None:
    whole = cohort(2000)
    for part in (halves.of(whole).fitting, halves.of(whole).choosing):
        assert whole.table.loc[part.rows, "image"].tolist() == part.table["image"].tolist()


def is_whole(parts: Halves, of: Cohort) -> bool:
    return len(parts.fitting) == 0 and parts.choosing.table.equals(of.part("val").table)


def test_val_too_small_to_be_halved_is_for_choosing() -> None:
    few = cohort(100)
    assert len(few.part("val")) > 10
    assert is_whole(halves.of(few), few)


def test_a_half_that_lacks_a_class_or_patients_of_a_group_is_none() -> None:
    whole = cohort(2000)
    parts = halves.of(whole)
    rare = sorted(patients(parts.fitting))[0]
    one_class = whole.table.assign(opacity=(whole.table["patient"] == rare).astype(float))
    lacking = replace(whole, table=one_class)
    assert is_whole(halves.of(lacking), lacking)
    own = parts.choosing.table
    black = sorted(set(own["patient"][own["race"] == "Black"]))
    for kept, halved in ((MIN_GROUP_PATIENTS, True), (MIN_GROUP_PATIENTS - 1, False)):
        rest = replace(whole, table=whole.table[~whole.table["patient"].isin(black[kept:])])
        assert is_whole(halves.of(rest), rest) != halved


def test_a_group_that_is_nobody_of_in_val_is_not_asked_for() -> None:
    whole = cohort(2000)
    gone = (whole.table["split"] == "val") & (whole.table["race"] == "Asian")
    assert len(halves.of(replace(whole, table=whole.table[~gone])).fitting)


def test_unknown_targets_and_races_are_of_no_class_and_no_group() -> None:
    whole = cohort(2000)
    table = whole.table.assign(effusion=whole.table["effusion"].where(whole.table["effusion"] == 1))
    assert is_whole(halves.of(replace(whole, table=table)), replace(whole, table=table))
    unknown = whole.table.assign(race=whole.table["race"].where(whole.table["race"] != "Asian"))
    assert len(halves.of(replace(whole, table=unknown)).fitting)
