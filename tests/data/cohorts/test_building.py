from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.data import cohorts
from bench.data.cohorts import splits
from bench.errors import BenchError
from bench.task import Dataset, Reading, Task


class Chest(Task):
    name = "chest"
    summary = "a task"
    targets = ("effusion", "no_finding")
    no_finding = "no_finding"
    attributes = {"race": ("Asian", "Black", "White"), "sex": ("F", "M")}  # noqa: RUF012
    covariates = ("bmi", "view")


def _never(root, options):
    raise AssertionError


DATASET = Dataset("ward", "radiographs of a ward", read=_never)


def table(patients=200, per_patient=2, seed=0):
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(patients), per_patient)
    n = len(of)
    effusion = rng.integers(0, 2, n).astype(float)
    return pd.DataFrame(
        {
            "image": [f"{i:05d}.png" for i in rng.permutation(n)],
            "patient": [f"p{i}" for i in of],
            "study": [f"p{i}-1" for i in of],
            "effusion": effusion,
            "no_finding": 1 - effusion,
            "race": rng.choice(["Asian", "Black", "White"], patients)[of],
            "sex": rng.choice(["F", "M"], patients)[of],
            "age": rng.integers(20, 90, n).astype(float),
            "bmi": rng.normal(27, 4, n),
            "comment": "not for the cohort",
        }
    )


def build(given, excluded=None, **options):
    return cohorts.build(Reading(given, excluded or {}), Chest, DATASET, **{"image_size": 64, **options})


def refused(given, **options):
    with pytest.raises(BenchError) as caught:
        build(given, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert "'ward'" in message or "task." in message
    return message


def test_a_data_set_that_lacks_targets_names_those_it_has():
    given = table().drop(columns="no_finding")
    assert "target no_finding" in refused(given)
    partial = replace(DATASET, targets=("effusion",))
    cohort = cohorts.build(Reading(given), Chest, partial, image_size=64)
    assert cohort.spec.targets == ("effusion",)
    assert cohort.no_finding is None
    with pytest.raises(BenchError, match=r"no column for target no_finding .*task.targets=\[effusion\]"):
        cohorts.build(Reading(given), Chest, partial, targets=["no_finding"], image_size=64)


def test_a_cohort_holds_known_columns_in_order_of_image():
    given = table()
    cohort = build(given, {"view not frontal": 3})
    assert list(cohort.table) == [
        "image", "patient", "study", "effusion", "no_finding", "race", "sex", "age", "bmi", "split",
    ]  # fmt: skip
    assert cohort.table["image"].is_monotonic_increasing
    assert cohort.rows.tolist() == list(range(400))
    assert cohort.spec.targets == ("effusion", "no_finding")
    assert cohort.spec.protected == "race"
    assert cohort.spec.groups == ("Asian", "Black", "White")
    assert cohort.no_finding == "no_finding"
    assert cohort.excluded == {"view not frontal": 3}
    assert cohort.table["split"].equals(splits.assign(cohort.table["patient"]))
    assert build(given.sample(frac=1, random_state=1)).fingerprint == cohort.fingerprint


def test_study_and_age_may_be_lacking():
    cohort = build(table().drop(columns=["study", "age", "sex"]))
    assert cohort.table["study"].equals(cohort.table["image"].rename("study"))
    assert [attribute.name for attribute in cohort.attributes()] == ["race"]


def test_chosen_targets_keep_the_tasks_order_and_the_others_stay_in_the_table():
    cohort = build(table(), targets=["effusion"])
    assert cohort.spec.targets == ("effusion",)
    assert cohort.no_finding is None
    assert "no_finding" in cohort.table
    assert build(table(), targets=["no_finding", "effusion"]).spec.targets == ("effusion", "no_finding")


def test_unknown_values_stay_and_are_counted():
    given = table()
    given.loc[given["patient"].isin(["p0", "p1", "p2"]), "race"] = np.nan
    given.loc[0, "effusion"] = np.nan
    cohort = build(given)
    assert len(cohort) == 400
    assert (cohort.groups == -1).sum() == 6
    assert cohort.excluded == cohort.set_to_unknown == {}
    assert cohort.rows_in == 400
    assert np.isnan(cohort.targets).sum() == 1


def test_a_patient_with_two_races_has_none():
    given = table()
    rows = given.index[given["patient"] == "p7"]
    given.loc[rows, "race"] = ["Asian", "White"]
    cohort = build(given)
    assert cohort.table.loc[cohort.table["patient"] == "p7", "race"].isna().all()
    assert cohort.excluded == {}
    assert cohort.set_to_unknown == {"race set to unknown (two recorded for the patient)": 2}
    assert len(cohort) == 400


def test_an_impossible_age_is_unknown_and_counted():
    given = table()
    given.loc[[3, 4], "age"] = [414, -1]
    cohort = build(given)
    assert cohort.table["age"].isna().sum() == 2
    assert cohort.excluded == {}
    assert cohort.set_to_unknown == {"age set to unknown (outside 0-120 years)": 2}


def test_a_reader_that_states_its_rows_is_held_to_them():
    def build_stated(rows):
        reading = Reading(table(), {"view not frontal": 3}, {"age set to unknown (not a number)": 9}, rows)
        return cohorts.build(reading, Chest, DATASET, image_size=64)

    assert build_stated(403).rows_in == build_stated(None).rows_in == 403
    with pytest.raises(BenchError, match=r"'ward' found 412 rows, but gives 400 and counts 3 left out \(view not"):
        build_stated(412)


def test_channels_are_one_or_three():
    class Spectral(Chest):
        channels = 4

    with pytest.raises(BenchError, match="asks for 4 channels"):
        cohorts.build(Reading(table()), Spectral, DATASET, image_size=64)


def test_a_group_without_anybody_is_left_out():
    given = table()
    given["race"] = given["race"].replace("Asian", "White")
    cohort = build(given)
    assert cohort.spec.groups == ("Black", "White")
    assert set(cohort.groups) == {0, 1}


def test_names_that_are_not_there():
    assert "Did you mean 'effusion'?" in refused(table(), targets=["efusion"])
    assert "Did you mean 'race'?" in refused(table(), protected="rase")
    assert "none twice" in refused(table(), targets=["effusion", "effusion"])
    assert "at least one" in refused(table(), targets=[])


def test_columns_that_are_not_there():
    assert "no column 'patient'" in refused(table().drop(columns="patient"))
    message = refused(table().drop(columns="no_finding"))
    assert "target no_finding" in message
    assert "task.targets=[effusion]" in message
    assert refused(table().drop(columns="race")) == ("Data set 'ward' records no race; it has sex: task.protected=sex.")
    assert "no image that can be used" in refused(table().iloc[:0])


def test_rows_that_are_wrong():
    given = table()
    given.loc[5, "image"] = given.loc[6, "image"]
    assert given.loc[5, "image"] in refused(given)
    given = table()
    given.loc[5, "patient"] = None
    assert "1 of 400 rows" in refused(given)


def test_values_that_are_wrong():
    given = table()
    given.loc[5, "effusion"] = -1
    assert "'effusion' of data set 'ward' holds -1.0 (1 images of 1 patients)" in refused(given)
    given = table()
    given["effusion"] = given["effusion"].astype(object)
    given.loc[5, "effusion"] = "yes"
    assert "'yes'" in refused(given)
    given = table()
    given.loc[5, "race"] = "Hispanic"
    message = refused(given)
    assert "'Hispanic' (1 images of 1 patients)" in message
    assert "Asian, Black, White" in message
    given = table()
    given["age"] = "old"
    assert "'old'" in refused(given)


def test_a_protected_attribute_that_says_nothing():
    given = table()
    given["race"] = np.nan
    assert "race unknown for all of 400 images of 200 patients; it has sex" in refused(given)
    given["race"] = "White"
    message = refused(given)
    assert "is White" in message
    assert "task.protected=sex" in message


def test_one_group_in_one_split():
    given = table()
    given.loc[splits.assign(given["patient"]) == "val", "race"] = "White"
    assert "In split 'val' of data set 'ward' everyone whose race is known is White" in refused(given)


def test_a_target_with_one_class_in_one_split():
    given = table()
    given.loc[splits.assign(given["patient"]) == "test", "effusion"] = 0
    message = refused(given)
    assert "'effusion' is 0 for all of split 'test'" in message
    assert "task.targets=[no_finding] leaves it out" in message
    assert build(given, targets=["no_finding"]).spec.targets == ("no_finding",)
    given["no_finding"] = np.nan
    assert "'no_finding' is unknown for all of split 'train'" in refused(given, targets=["no_finding"])


def test_the_official_split():
    given = table()
    assert "no official split was found" in refused(given, split="official")
    given["split"] = np.array(["train", "val", "test"])[given["patient"].str[1:].astype(int) % 3]
    given.loc[given["patient"] == "p9", "split"] = np.nan
    cohort = build(given, split="official")
    assert len(cohort) == 398
    assert cohort.excluded == {"in no official split": 2}
    assert cohort.rows.tolist() == list(range(398))
    expected = given.set_index("image")["split"][cohort.table["image"]].tolist()
    assert cohort.table["split"].tolist() == expected
    assert build(given).table["split"].equals(splits.assign(build(given).table["patient"]))


def test_an_official_split_that_is_wrong():
    given = table()
    parts = np.array(["train", "val", "test"])[given["patient"].str[1:].astype(int) % 3]
    given["split"] = parts
    given.loc[given.index[given["patient"] == "p0"][0], "split"] = "test"
    message = refused(given, split="official")
    assert "2 images of 1 patients into more than one of train and test" in message
    given["split"] = np.where(parts == "val", "validate", parts)
    assert "holds 'validate'" in refused(given, split="official")
    given["split"] = np.where(parts == "val", "train", parts)
    assert "Split 'val' of data set 'ward' is empty" in refused(given, split="official")


def test_dropping_keeps_cache_rows_and_counts():
    cohort = build(table(), {"view not frontal": 3})
    gone = dict.fromkeys(cohort.table["image"].iloc[[0, 10]], "image unreadable: empty file")
    rest = cohorts.drop(cohort, gone | {"not there": "never counted"})
    assert rest.rows.tolist() == [i for i in range(400) if i not in (0, 10)]
    assert rest.excluded == {"view not frontal": 3, "image unreadable: empty file": 2}
    assert cohorts.drop(cohort, {}) is cohort
    with pytest.raises(BenchError, match="Split 'val' of data set 'ward' is empty"):
        cohorts.drop(cohort, dict.fromkeys(cohort.part("val").table["image"], "x"))
