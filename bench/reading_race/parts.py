"""Parts of the test images, in which a network is scored by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.task import Cohort

#: Bands of the paper: lower edges of all but the first, closed below, and their names.
BMI = ((18.5, 25.0, 30.0), ("<18.5", "18.5–25", "25–30", ">30"))
AGE = ((20.0, 40.0, 60.0, 80.0), ("0–20", "20–40", "40–60", "60–80", "80+"))


def codes(cohort: Cohort, column: str) -> tuple[np.ndarray, Sequence[str]]:
    """Each image's part by a column, ``(N,) int``, -1 for unknown, and the parts' names: bands of age and BMI."""
    values = cohort.table[column]
    for name, (edges, names) in (("bmi", BMI), ("age", AGE)):
        if column == name:
            numbers = values.to_numpy(dtype=float)
            return np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers, side="right")), names
    category = pd.Categorical(values)
    return np.asarray(category.codes, dtype=np.int64), [str(name) for name in category.categories]


def cells(cohort: Cohort, columns: Sequence[str]) -> np.ndarray:
    """Images alike in all these columns, bands for numbers, share a code ``(N,) int``."""
    stacked = np.stack([codes(cohort, name)[0] for name in columns], axis=1)
    return np.unique(stacked, axis=0, return_inverse=True)[1].ravel()
