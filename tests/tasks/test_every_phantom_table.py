"""What holds of the table of every phantom: the same whoever asks, and every arrow from race a dial."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from tests.phantoms import MANY, TASKS_WITH, Subject

#: The columns that each dial moves, by task; a name that ends in * stands for all that begin so.
_CHEST = ("effusion", "cardiomegaly", "opacity", "pneumothorax", "nodule", "no_finding")
_SCREEN = ("cancer", "suspicious", "no_finding")
_BONES = ("bone_age_over_6", "bone_age_over_10", "bone_age_over_14")
MOVED: dict[str, dict[str, tuple[str, ...]]] = {
    "cxr": {"prevalence": (*_CHEST, "true_*", "severity_*"), "habitus": ("bmi",), "annotation": _CHEST},
    "mammo": {
        "prevalence": (*_SCREEN, "true_*", "severity_*"),
        "habitus": ("bmi", "density", "glandular"),
        "annotation": _SCREEN,
    },
    "ct": {
        "prevalence": (*_SCREEN, "true_*", "severity_*"),
        "habitus": ("bmi",),
        "annotation": _SCREEN,
        "acquisition": ("site", "scanner", "window"),
    },
    "hand": {
        "prevalence": (*_BONES, "true_*", "age", "bone_age", "look"),
        "habitus": ("fullness",),
        "annotation": _BONES,
        "presentation": ("look",),
    },
}
#: The same wherever nothing else is said.
_COMMON: dict[str, tuple[str, ...]] = {
    "race_signal": (),
    "presentation": ("severity_*",),
    "acquisition": ("site", "scanner"),
    "sampling": ("race",),
}


@pytest.fixture(params=TASKS_WITH, scope="module")
def one(request: pytest.FixtureRequest) -> Subject:
    """The phantom of each task that has one."""
    return Subject(request.param)


@pytest.fixture(scope="module")
def table(one: Subject) -> pd.DataFrame:
    return one.table(60)


def test_a_seed_is_a_cohort_and_more_patients_leave_the_first_as_they_are(one: Subject, table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one.table(60), table)
    assert not one.table(60, seed=1).equals(table)
    for patients in (1, 17, 59):
        part = one.table(patients)
        pd.testing.assert_frame_equal(part, table.iloc[: len(part)])
        assert part["patient"].nunique() == patients


def test_names_are_unique_and_tell_patient_and_study(table: pd.DataFrame) -> None:
    assert table["image"].is_unique
    assert (table["image"].str.rsplit("-", n=1).str[0] == table["study"]).all()
    assert (table["study"].str.split("-").str[0] == table["patient"]).all()


def test_the_table_has_what_the_task_knows_and_what_pixels_are_drawn_from(one: Subject, table: pd.DataFrame) -> None:
    known = {"image", "patient", "study", "age", *one.task.attributes, *one.task.covariates}
    known |= {f"{prefix}{target}" for target in one.task.targets for prefix in ("", "true_")}
    assert set(table) == known | set(one.phantom.drawn_from)
    assert not table.isna().any(axis=None)
    assert set(one.table(MANY)["race"]) == set(one.races)
    labels = table[[name for name in table if str(name).removeprefix("true_") in one.task.targets]]
    assert labels.isin([0.0, 1.0]).all(axis=None)


def test_with_all_dials_at_zero_nothing_goes_with_race(one: Subject) -> None:
    whole = one.unbiased()
    first = whole.drop_duplicates("patient")
    first = first.assign(images=whole.groupby("patient").size().to_numpy())
    for column in first.columns.difference(["image", "patient", "study", "race"]):
        values = first[column]
        if values.dtype == float and values.nunique() > 6:
            values = pd.qcut(values, 5, labels=False, duplicates="drop")
        if values.nunique() > 1:
            counts = pd.crosstab(first["race"], values)
            assert chi2_contingency(counts).pvalue > 1e-3, column
    for target in one.task.targets:
        assert (whole[target] == whole[f"true_{target}"]).all()
    shares = first["race"].value_counts(normalize=True)
    assert shares.to_numpy() == pytest.approx(1 / len(one.races), abs=0.025)


def test_a_dial_moves_its_own_columns_alone(one: Subject) -> None:
    unbiased = one.unbiased()
    for dial in one.dials:
        names = {**_COMMON, **MOVED[one.name]}[dial]
        wanted = {
            column
            for column in unbiased
            if any(column == name or (name[-1] == "*" and column.startswith(name[:-1])) for name in names)
        }
        moved = one.unbiased(**{dial: 0.2})
        assert {column for column in moved if not moved[column].equals(unbiased[column])} == wanted, dial


def test_labels_miss_findings_of_one_group_and_invent_none(one: Subject) -> None:
    table = one.unbiased(annotation=0.5)
    positive = [target for target in one.task.targets if target != one.task.no_finding]
    for target in positive:
        true, reported = table[f"true_{target}"] == 1, table[target] == 1
        assert not (reported & ~true).any()
        missed = (true & ~reported)[true].groupby(table["race"]).mean()
        assert missed["Black"] > 0.05
        assert (missed.drop("Black") == 0).all()
