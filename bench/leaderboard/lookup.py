"""Which score of a file a column shows, pooled over the seeds of a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from statistics import fmean

from bench.leaderboard.rows import Entry, Row
from bench.records import Score, ScoreFile
from bench.scoring.catalogue import AUROC, BRIER, BY_KEY, CONDITION_LOSS, DECODABILITY, GIVEN_DIAGNOSIS
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
        low, high = BY_KEY[self.metric].range if self.metric in BY_KEY else (None, None)
        within = (-inf if low is None else low, inf if high is None else high)
        return pool([self.score(entry) for entry in seeds], within)

    def averaged(self, seeds: Iterable[Entry]) -> Estimate | None:
        """The mean over entries of the score and of each of its limits; None when one of them has none."""
        found = [self.score(entry) for entry in seeds]
        known = [(one.value, one.low, one.high) for one in found if one is not None and one.value is not None]
        if not found or len(known) < len(found):
            return None
        value, low, high = ([one for one in limits if one is not None] for limits in zip(*known, strict=True))
        whole = len(low) == len(high) == len(value)
        return Estimate(fmean(value), fmean(low) if whole else None, fmean(high) if whole else None)

    def score(self, entry: Entry) -> Score | None:
        """The score of one seed.

        Raises:
            BenchError: when there are several.
        """
        return self.of(self.file(entry))

    def of(self, file: ScoreFile | None) -> Score | None:
        """The score that a file holds."""
        asked = {**self.shown.dimensions, "reference": self.reference}
        return None if file is None else file.find.one(self.metric, **asked)

    def file(self, entry: Entry) -> ScoreFile | None:
        """The file that the score stands in; None where there is none."""
        if self.arena is None:
            return entry.at(self.shown.place)
        return next((file for file in entry.elsewhere if (file.head.arena, file.head.data) == self.arena), None)


DIAGNOSIS_AUROC = Lookup(AUROC.key, AUROC.columns[0])
TRIAL, OBSERVED = (Lookup(DECODABILITY.key, shown) for shown in DECODABILITY.columns[:2])
GIVEN_THE_DIAGNOSIS = Lookup(GIVEN_DIAGNOSIS.key, GIVEN_DIAGNOSIS.columns[0])
#: What claims of decodability may be made on, the best first: race drawn at random, given what explains it, neither.
HEADLINES = (TRIAL, GIVEN_THE_DIAGNOSIS, OBSERVED)
CLAIMED: tuple[str, ...] = (AUROC.key, DECODABILITY.key)


def headline_of(entries: Iterable[Entry]) -> Lookup:
    """The decodability that these entries are ranked and judged by: the best that they have.

    On patients whose group was drawn at random nothing goes with it but what the pixels show. Where there are none, the
    diagnosis explains part of what is read, and it is read given the diagnosis.
    """
    found = list(entries)
    return next((one for one in HEADLINES if any(one.score(entry) is not None for entry in found)), OBSERVED)


def compared(headline: Lookup) -> dict[str, Lookup]:
    """The scores in which rows are compared with the baseline, pair by pair; claims are made in the first two."""
    lost = CONDITION_LOSS.columns[-1]
    return {
        AUROC.key: DIAGNOSIS_AUROC,
        DECODABILITY.key: headline,
        BRIER.key: Lookup(BRIER.key, BRIER.columns[0]),
        lost.key: Lookup(CONDITION_LOSS.key, lost),
    }
