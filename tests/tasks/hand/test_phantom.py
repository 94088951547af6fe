"""The hands' phantom's own: bones by age, bone age by sex, cumulative targets."""

import itertools

import numpy as np
import pandas as pd
import pytest
from bench.builtin.tasks.hand import _phantom_anatomy as anatomy
from bench.builtin.tasks.hand._phantom_patients import LOOK, RACES, THRESHOLDS
from bench.builtin.tasks.hand.phantom import PhantomOptions, organ, read, render

from bench.phantom import numbers_of

OPTIONS = PhantomOptions(patients=60)
TARGETS = [f"bone_age_over_{years}" for years in THRESHOLDS]
DIALS = tuple(type(OPTIONS.bias).model_fields)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read(None, OPTIONS).table


def cohort(**dials: float) -> pd.DataFrame:
    options = {"patients": 8000, "bias": {**dict.fromkeys(DIALS, 0.0), **dials}}
    return read(None, PhantomOptions.model_validate(options)).table


def drawn(rows: pd.DataFrame, **cells: object) -> np.ndarray:
    return render(rows.assign(**cells), 64, OPTIONS).astype(float)


def test_targets_ask_whether_bone_age_is_past_a_threshold() -> None:
    table = cohort(annotation=0.5)
    for years, target in zip(THRESHOLDS, TARGETS, strict=True):
        assert (table[f"true_{target}"] == (table["bone_age"] > years)).all()
    # Reported, too, a child past one threshold is past all below it; only the highest one passed is missed.
    for low, high in itertools.pairwise(TARGETS):
        assert (table[low] >= table[high]).all()
    missed = sum(table[f"true_{target}"] - table[target] for target in TARGETS)
    assert set(missed.unique()) == {0.0, 1.0}
    past = table["true_bone_age_over_6"] == 1
    assert missed[past & (table["race"] == "Black")].mean() == pytest.approx(0.5, abs=0.05)
    assert missed[table["race"] != "Black"].max() == 0


def test_bone_age_scatters_about_age_and_looks_about_bone_age() -> None:
    table = cohort()
    middle = table[table["age"].between(4, 14)]
    assert (middle["bone_age"] - middle["age"] - 0.5).std() == pytest.approx(1.04, abs=0.05)
    assert (table["look"] - table["bone_age"]).std() == pytest.approx(LOOK, abs=0.12)
    older = cohort(prevalence=0.1)
    shares = ((older["age"] + 0.5 - 1) / 17).groupby(older["race"]).mean()
    assert shares[list(RACES)].to_numpy() == pytest.approx(0.5 + 0.1 * np.array([1.5, -1.5, 1.0, -1.0]), abs=0.03)
    assert older["age"].between(1, 18).all()
    younger = cohort(presentation=1.0)
    shift = (younger["look"] - table["look"]).groupby(table["race"]).mean()
    assert shift["Black"] == pytest.approx(-LOOK, abs=0.02)
    assert shift.drop("Black").abs().max() == 0


def test_bones_grow_carpals_appear_and_plates_close(table: pd.DataFrame) -> None:
    rows = table.iloc[:12]
    masks = [organ(rows.assign(look=years), 64, OPTIONS) for years in (1.0, 4.0, 8.0, 12.0, 18.0)]
    wrist = [mask[:, 44:54, 24:40].mean() for mask in masks]
    assert wrist == sorted(wrist)
    assert wrist[0] < 0.4 * wrist[-1]
    whole = [mask.mean() for mask in masks]
    assert whole == sorted(whole)


def test_a_plate_is_open_until_it_closes(table: pd.DataFrame) -> None:
    row = table.iloc[0]
    for years, most, least in ((8.0, 1.0, 0.3), (18.0, 0.15, 0.0)):
        body = anatomy.Anatomy(*[0.0] * 6)
        patient = anatomy.Patient(False, years, 0.0, np.zeros(2), body)
        frame = anatomy.position(512, patient, numbers_of(row, 0))
        rays = anatomy.skeleton(patient)
        bones, finger = anatomy.bones(frame, patient, rays), rays[2][1]
        # Along the axis of a phalanx from its base on: a gap stands between the cap and the shaft.
        along = [finger.base + share * (finger.head - finger.base) for share in np.linspace(0.06, 0.4, 60)]
        values = []
        for point in along:
            down, across = frame.window([point], 0.0)
            values.append(bones[down, across].min())
        gap = 1 - min(values) / np.median(values)
        assert least <= gap <= most, (years, gap)


def test_girls_are_ahead_of_boys() -> None:
    assert anatomy.maturity(10.0, True) > anatomy.maturity(10.0, False) == 10.0


def test_the_hand_is_in_the_image_and_its_bones_are_bright(table: pd.DataFrame) -> None:
    rows = table.iloc[:24]
    images, bones = drawn(rows), organ(rows, 64, OPTIONS)
    assert 0.05 < bones.mean() < 0.25
    assert not bones[:, :3].any()
    assert images[bones].mean() > images[~bones].mean() + 50
    # The thumb of a left hand, palm down, is on the right.
    assert bones[:, 24:40, 46:].mean() > 2 * bones[:, 24:40, :18].mean()


def test_fuller_hands_have_more_soft_tissue(table: pd.DataFrame) -> None:
    rows = table.iloc[:12]
    assert (drawn(rows, fullness=2.0) > 90).mean() > 1.05 * (drawn(rows, fullness=-2.0) > 90).mean()
