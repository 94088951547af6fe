"""Rows in are rows kept and rows left out: in the record, and for every reader that can be tried here."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from bench.config import compose
from bench.data import cohorts
from bench.data.cohorts import attrition
from bench.data.cohorts.chosen import choose
from bench.reading_race.network import race_cohort
from bench.records import Attrition
from bench.task import Reading
from tests import places
from tests.data.pixels.plates import FILES, Plates, table

REAL = places.REAL / "nih_cxr14"


def plates():
    """60 plates of 60 patients, of which 4 lack their sex; 3 rows were left out and an age was taken away."""
    given = table(60).assign(age=50.0)
    given.loc[[0, 7, 8, 9], "sex"] = np.nan
    given.loc[5, "bright"], given.loc[6, "age"] = np.nan, 300.0
    return cohorts.build(Reading(given, {"broken plate": 3}, rows=63), Plates, FILES, image_size=16)


def test_the_table_counts_what_became_of_every_row():
    cohort = plates()
    found = attrition.of(cohort)
    assert (found.rows, found.excluded, found.kept, found.patients) == (63, {"broken plate": 3}, 60, 60)
    assert found.unknown == {"bright": 1, "sex": 4, "age": 1}
    assert found.set_to_unknown == {"age set to unknown (outside 0-120 years)": 1}
    assert [(cell.split, cell.group) for cell in found.cells] == [
        (split, group) for split in ("train", "val", "test") for group in ("F", "M", None)
    ]
    named = cohort.table.assign(sex=cohort.table["sex"].fillna("unknown"))
    counted = named.groupby(["split", "sex"])["bright"].agg(["size", "sum", "count"])
    for cell in found.cells:
        size, positive, known = (
            counted.reindex([(cell.split, cell.group or "unknown")], fill_value=0).iloc[0].astype(int)
        )
        assert (cell.images, cell.positive["bright"]) == (size, positive)
        assert cell.negative["bright"] == known - positive


def test_images_that_cannot_be_read_are_rows_left_out():
    cohort = plates()
    rest = cohorts.drop(cohort, {"00001.png": "image unreadable: empty file"})
    found = attrition.of(rest)
    assert found.excluded == {"broken plate": 3, "image unreadable: empty file": 1}
    assert (found.rows, found.kept) == (63, 59)
    with pytest.raises(ValidationError, match="63 rows are not the"):
        attrition.of(rest.part("test"))


def test_what_a_study_of_the_protected_attribute_leaves_out_is_counted():
    cohort, _ = race_cohort(plates())
    found = attrition.of(cohort)
    assert found.excluded == {"broken plate": 3, "sex unknown: not in this study": 4}
    assert (found.rows, found.kept) == (63, 56)


def test_a_table_that_does_not_add_up_is_no_record():
    told = attrition.of(plates()).model_dump()
    assert Attrition.model_validate(told).kept == 60
    with pytest.raises(ValidationError, match="64 rows are not the 60 kept"):
        Attrition.model_validate(told | {"rows": 64})


def test_the_phantom():
    found = attrition.of(choose(compose(["task=cxr", "task.patients=150"]).task).cohort())
    assert found.rows == found.kept
    assert found.patients == 150
    assert found.excluded == found.unknown == {}


@pytest.mark.skipif(not REAL.is_dir(), reason="the part of NIH ChestX-ray14 is not there")
def test_nih_cxr14():
    options = ["task.targets=[effusion,cardiomegaly,opacity,no_finding]", "task.protected=sex", f"task.root={REAL}"]
    config = compose(["task=cxr", "task.dataset=nih_cxr14", *options])
    found = attrition.of(choose(config.task).cohort())
    (listing,) = REAL.glob("Data_Entry_2017*.csv")
    assert found.rows == len(pd.read_csv(listing))
    assert found.kept == found.rows - sum(found.excluded.values())
