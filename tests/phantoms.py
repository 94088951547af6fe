"""The phantoms of the built-in tasks, found by listing, and what tests ask of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bench.plugins.registry import TASKS, datasets
from bench.task import Phantom, Task

TASKS_WITH = [
    entry.name
    for entry in TASKS.entries()
    if "phantom" in [one.name for one in datasets(TASKS.get(entry.name)).entries()]
]
#: Patients of a table that shares are read from.
MANY = 6000


class Subject:
    """A phantom, and what every test asks of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.task: type[Task] = TASKS.get(name).load()
        phantom = datasets(TASKS.get(name)).get("phantom").load()
        assert isinstance(phantom, Phantom)
        self.phantom = phantom
        self.dials = tuple(type(self.options(1).bias).model_fields)  # type: ignore[attr-defined]

    def options(self, patients: int, seed: int = 0, **dials: float) -> Any:
        return self.phantom.options(patients=patients, seed=seed, bias=dials)  # type: ignore[call-arg]

    def table(self, patients: int, seed: int = 0, **dials: float) -> pd.DataFrame:
        return self.phantom.read(None, self.options(patients, seed, **dials)).table

    def unbiased(self, **dials: float) -> pd.DataFrame:
        return self.table(MANY, **{**dict.fromkeys(self.dials, 0.0), **dials})

    def render(self, rows: pd.DataFrame, size: int = 64, **dials: float) -> np.ndarray:
        return self.phantom.render(rows, size, self.options(60, **dials))

    def twin(self, rows: pd.DataFrame, race: str | None) -> pd.DataFrame:
        assert self.phantom.twin is not None
        return self.phantom.twin(rows, race)

    def organ(self, rows: pd.DataFrame, size: int = 64) -> np.ndarray:
        assert self.phantom.organ is not None
        return self.phantom.organ(rows, size, self.options(60))

    @property
    def races(self) -> tuple[str, ...]:
        return self.task.attributes["race"]
