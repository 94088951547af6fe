"""Experiments without a network: is the group told by what is written beside the image?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.readers import READERS, design
from bench.reading_race.results import Cell

if TYPE_CHECKING:
    from bench.reading_race.study import Study


class FromColumns(Experiment):
    """Reads the group from sets of columns, each by every reader."""

    def sets(self, study: Study) -> dict[str, list[str]]:
        """The columns that are read together, by what they are called."""
        return {" and ".join(self.needs): list(self.needs)}

    def cells(self, study: Study) -> list[Cell]:
        """Every set by every reader."""
        return [{"from": name, "reader": reader} for name in self.sets(study) for reader in READERS]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """Fitted on training patients, chosen on validation, scored on test: patients never cross."""
        table = study.cohort.table
        columns = self.sets(study)[str(cell["from"])]
        numbers = design(table, columns, (table["split"] == "train").to_numpy())
        read = READERS[str(cell["reader"])](numbers, study.cohort, study.run.config.seed)
        return Measured(study.judge.scores(read))

    def label(self, cell: Cell) -> str:
        return f"{cell['from']}, {cell['reader']}"


def varying(study: Study, names: Sequence[str]) -> list[str]:
    """Those of these columns that the cohort has and that vary in it, without the attribute that is read."""
    table = study.cohort.table
    return [n for n in names if n in table and table[n].nunique() > 1 and n != study.cohort.spec.protected]
