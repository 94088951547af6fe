"""What an experiment is: a question, the cells it varies, how one is measured, and what the paper found."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from bench.errors import BenchError, suggest
from bench.reading_race import experiments
from bench.reading_race.published import Published
from bench.reading_race.results import Cell
from bench.records import Score, TrainingInfo

if TYPE_CHECKING:
    from bench.reading_race.study import Study


class Unavailable(Exception):
    """An experiment that this cohort does not allow; the message says why, and the others go on."""


@dataclass(frozen=True)
class Measured:
    """What was found in a cell; the fields are those of :class:`bench.reading_race.results.Result`."""

    scores: list[Score]
    training: TrainingInfo | None = None
    details: Cell = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Experiment(ABC):
    """One experiment. A file of ``bench/reading_race/experiments`` ends in ``EXPERIMENT =`` an instance of a subclass.

    ``needs`` names columns of the cohort that must be there and vary. ``tasks`` are those whose images the paper's
    figures are of; on others the report shows none.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = ("cxr",)
    #: Whether its many lines are for the figure and the CSV, not for a page.
    as_figure: ClassVar[bool] = False

    @abstractmethod
    def cells(self, study: Study) -> list[Cell]:
        """The cells of the study's preset, in the order of the report.

        Raises:
            Unavailable: when the cohort does not allow the experiment.
        """

    @abstractmethod
    def measure(self, study: Study, cell: Cell) -> Measured:
        """Do the work of one cell."""

    @abstractmethod
    def label(self, cell: Cell) -> str:
        """The cell in words."""

    def determinants(self, study: Study) -> list[str]:
        """What determines its results beside code, cell, cohort, pixels, seed and budget."""
        return []

    def published(self, cell: Cell, score: Score) -> Published | None:
        """What the paper found in the place of this score of the cell."""
        return None

    def published_of(self, task: str, cell: Cell, score: Score) -> Published | None:
        """The same where the images are those of a task; None where the paper's are of others."""
        return self.published(cell, score) if task in self.tasks else None

    @property
    def source(self) -> str:
        """SHA-256 of the file that the experiment stands in: another code, another result."""
        file = sys.modules[type(self).__module__].__file__
        assert file is not None
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()

    def require(self, study: Study) -> None:
        """Raise :class:`Unavailable` when a column that is needed is lacking or everywhere the same."""
        table = study.cohort.table
        for name in self.needs:
            if name not in table or table[name].notna().sum() == 0:
                raise Unavailable(f"the cohort has no {name}")
            if table[name].nunique() < 2:
                raise Unavailable(f"{name} is the same for the whole cohort")


def every() -> dict[str, Experiment]:
    """All experiments by name, found by listing the folder: A1 … C5, then those that the paper gave no number."""
    found = {}
    for module in pkgutil.iter_modules(experiments.__path__):
        experiment = getattr(importlib.import_module(f"{experiments.__name__}.{module.name}"), "EXPERIMENT", None)
        if experiment is not None:
            found[experiment.name] = experiment
    return dict(sorted(found.items()))


def chosen(names: Sequence[str] | None) -> list[Experiment]:
    """The experiments of these names, in whatever case; all of them for None.

    Raises:
        BenchError: for a name that none has, with the nearest.
    """
    known = every()
    if names is None:
        return list(known.values())
    by_name = {name.casefold(): experiment for name, experiment in known.items()}
    for name in names:
        if name.casefold() not in by_name:
            raise BenchError(f"There is no experiment {name!r}.{suggest(name, known)}")
    return [by_name[name.casefold()] for name in names]
