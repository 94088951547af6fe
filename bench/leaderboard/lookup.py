"""Which score of a file a column shows, pooled over the seeds of a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.leaderboard.rows import Entry, Row
from bench.records import MACRO, Score, ScoreFile
from bench.scoring.catalogue import AUROC, BRIER, DECODABILITY
from bench.scoring.measures import Column as Shown
from bench.statistics.pooling import Estimate, pool


@dataclass(frozen=True)
class Lookup:
    """Produces a column from scores: which score of a file is meant, pooled over the row's seeds."""

    metric: str
    shown: Shown
    reference: str | None = None
    #: Name and fingerprint of another set than the one trained on: its scores are meant.
    arena: tuple[str, str] | None = None

    def __call__(self, row: Row) -> Estimate | None:
        """The pooled score of a row; None where an entry has none."""
        return self.pooled(row.entries)

    def pooled(self, seeds: Iterable[Entry]) -> Estimate | None:
        """The score pooled over entries, one a seed.

        Raises:
            BenchError: when one of them holds several.
        """
        return pool([self.score(entry) for entry in seeds])

    def score(self, entry: Entry) -> Score | None:
        """The score of one seed.

        Raises:
            BenchError: when there are several.
        """
        return self.of(self._file(entry))

    def of(self, file: ScoreFile | None) -> Score | None:
        """The score that a file holds."""
        asked = {**self.shown.dimensions, "reference": self.reference}
        return None if file is None else file.find.one(self.metric, **asked)

    def _file(self, entry: Entry) -> ScoreFile | None:
        if self.arena is None:
            return entry.test
        return next((file for file in entry.elsewhere if (file.head.arena, file.head.data) == self.arena), None)


DIAGNOSIS_AUROC = Lookup(AUROC.key, AUROC.columns[0])
FEATURES_DECODABILITY = Lookup(DECODABILITY.key, DECODABILITY.columns[0])
#: The scores in which rows are compared with the baseline, pair by pair; claims are made in the first two.
COMPARED: dict[str, Lookup] = {
    AUROC.key: DIAGNOSIS_AUROC,
    DECODABILITY.key: FEATURES_DECODABILITY,
    BRIER.key: Lookup(BRIER.key, Shown(target=MACRO)),
}
CLAIMED: tuple[str, ...] = (AUROC.key, DECODABILITY.key)
