from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from bench.reading_race.readers import READERS, design
from bench.reading_race.scores import Judge
from bench.task import Cohort
from tests.reading_race.test_scores import made


def cohort(n: int = 3000) -> tuple[Cohort, np.ndarray]:
    judge, _, groups = made(n)
    patient = np.arange(n) // 2
    split = np.array(["train", "val", "test"])[np.searchsorted([n // 4, n * 3 // 10], patient, side="right")]
    return replace(judge.cohort, table=judge.cohort.table.assign(split=split)), groups


@pytest.mark.parametrize("reader", READERS)
def test_a_shift_of_one_group_is_read_as_well_as_can_be(reader: str) -> None:
    """Asian patients' number is shifted by d: the best AUROC against the rest is Φ(d/√2); of noise it is one half."""
    people, groups = cohort()
    rng = np.random.default_rng(1)
    signal = rng.normal(size=len(groups)) + 1.2 * (groups == 0)
    numbers = np.stack([signal, rng.normal(size=len(groups))], axis=1)
    judge = Judge(people.part("test"))
    found = judge.readings(READERS[reader](numbers, people, 0))
    assert found["Asian"].value == pytest.approx(norm.cdf(1.2 / np.sqrt(2)), abs=0.035)
    noise = judge.readings(READERS[reader](numbers[:, 1:], people, 0))["macro"]
    assert abs(noise.value - 0.5) < 3.5 * noise.standard_error


def test_columns_become_numbers() -> None:
    table = pd.DataFrame(
        {"sex": ["F", "M", None, "F"], "age": [40.0, np.nan, 60.0, 80.0], "effusion": [0.0, 1.0, 1.0, 0.0]}
    )
    numbers = design(table, ["sex", "age", "effusion"], np.array([True, True, True, False]))
    wanted = [
        [0, 1, 0, 40, 0, 0],
        [0, 0, 1, 50, 1, 1],  # unknown: the mean of the training rows, and said to be so
        [1, 0, 0, 60, 0, 1],
        [0, 1, 0, 80, 0, 0],
    ]
    np.testing.assert_array_equal(numbers, wanted)


def test_a_constant_tells_nothing() -> None:
    people, _ = cohort(600)
    for reader in READERS.values():
        found = Judge(people.part("test")).readings(reader(np.ones((600, 1)), people, 0))
        assert found["macro"].value == 0.5
