"""Scores of rows seed by seed, with what every patient adds to them, so that rows are compared pair by pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from bench.errors import BenchError
from bench.leaderboard.lookup import Lookup
from bench.leaderboard.rows import Entry, Row
from bench.records import Place, Score
from bench.scoring.catalogue import DECODABILITY
from bench.statistics.influence import Z
from bench.statistics.pairing import SeedValues

#: Why entries cannot be compared.
NO_VALUES, OTHER_KEY = "no influence values", "patients hashed with another key"
#: The suite from which on influence values of a decodability hold all of its variance.
_COMPLETE = 2


class Patients:
    """The influence values of a table's runs, all on one list of patients: those of the baseline's runs and theirs.

    Patients are told apart by their keyed hashes, so runs can be matched where one key made them: a run that shares no
    patient with the baseline, though both were scored on the same test set, was hashed with another. A patient whom a
    run's scores do not use has the influence 0.

    Args:
        baseline: the row that the others are compared with.
        rows: all rows, the baseline among them.
        lookups: the scores that are compared, by key.
    """

    def __init__(self, baseline: Row, rows: Iterable[Row], lookups: Mapping[str, Lookup]) -> None:
        self._lookups = lookups
        tables = {entry.run.id: _table(entry, lookups) for row in rows for entry in row.entries}
        own = [tables[entry.run.id] for entry in baseline.entries]
        known = next((table.index for table in own if table is not None), pd.Index([]))
        self._problems: dict[str, str] = {}
        self._tables: dict[str, pd.DataFrame] = {}
        for name, table in tables.items():
            if table is None:
                self._problems[name] = NO_VALUES
            elif not table.index.isin(known).any():
                self._problems[name] = OTHER_KEY
            else:
                self._tables[name] = table
        everyone = sorted({patient for table in self._tables.values() for patient in table.index})
        self._everyone = pd.Index(everyone, name="patient")

    def problem(self, entries: Iterable[Entry]) -> str:
        """Why one of these entries cannot be compared; empty where all can."""
        return next((self._problems[entry.run.id] for entry in entries if entry.run.id in self._problems), "")

    def by_seed(self, row: Row, key: str) -> dict[int, SeedValues]:
        """One score of a row in each seed that has it with influence values.

        Raises:
            BenchError: naming the run, when its influence values are no such.
        """
        found = {}
        for entry in row.entries:
            score, table = self._lookups[key].score(entry), self._tables.get(entry.run.id)
            if score is None or score.value is None or table is None or score.label not in table:
                continue
            influence = table[score.label].reindex(self._everyone, fill_value=0.0).to_numpy(np.float64)
            if key == DECODABILITY.key and entry.test.head.suite < _COMPLETE:
                influence = influence * _widened(score, influence)
            try:
                found[entry.run.seed] = SeedValues(np.array([score.value]), influence[None])
            except BenchError as error:
                raise BenchError(
                    f"Run {entry.run.id} ({entry.run.method.name}, seed {entry.run.seed}), {score.label}: {error} "
                    "Delete the file of its influence values and score it again (bench score)."
                ) from error
        return found


def joined(by_seed: Mapping[int, SeedValues], seeds: Sequence[int]) -> SeedValues:
    """The score over these seeds, in their order."""
    ones = [by_seed[seed] for seed in seeds]
    return SeedValues(
        np.concatenate([one.values for one in ones]), np.concatenate([one.influence for one in ones], axis=0)
    )


def _table(entry: Entry, lookups: Mapping[str, Lookup]) -> pd.DataFrame | None:
    """The influence values of the scores that are compared, of the patients of all arenas that they are read in.

    None where there are none beside some file. Names of patients begin with their arena's place: phantoms number their
    patients in each arena alike, and they are no two times the same.
    """
    by_place: dict[Place, list[Score]] = {}
    for lookup in lookups.values():
        score = lookup.score(entry)
        if score is not None:
            by_place.setdefault(lookup.shown.place, []).append(score)
    tables = []
    for place, scores in by_place.items():
        file = entry.at(place)
        table = None if file is None else entry.record.influence(file)
        if table is None:
            return None
        own = table[[score.label for score in scores if score.label in table]]
        tables.append(own.set_axis([f"{place} {patient}" for patient in own.index]))
    return pd.concat(tables, axis=1).fillna(0.0) if tables else None


def _widened(score: Score, influence: np.ndarray) -> float:
    """By how much the error of a decodability of suite 1 exceeds that of its influence values, 1 or more.

    Patients who are tested in one split fit probes in another. What that adds to the variance is in the interval of
    the score and was not in the influence values, and is most of it where there is little to read.
    """
    error = float(np.sqrt(np.square(influence).sum()))
    if score.value is None or score.low is None or score.high is None or error == 0:
        return 1.0
    # One limit may have been cut off at 0 or 1.
    return max(1.0, max(score.value - score.low, score.high - score.value) / (Z * error))
