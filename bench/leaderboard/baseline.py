"""The row that all others are compared with, and what is computed from it: differences, residual, resolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from bench.leaderboard.lookup import CLAIMED, DIAGNOSIS_AUROC, Lookup
from bench.leaderboard.rows import Entry, Row
from bench.leaderboard.seedwise import joined
from bench.leaderboard.standing import Compared
from bench.records import BASELINE
from bench.statistics.pairing import SeedValues, paired
from bench.statistics.ranking import resolution

#: Scores by seed of one row, by the key of the measure.
Values = Mapping[str, Mapping[int, SeedValues]]


def missing(row: Row, seeds: Sequence[int]) -> tuple[int, ...]:
    """The seeds of the edition that a row lacks."""
    return tuple(seed for seed in seeds if seed not in row.seeds)


def choose(found: Sequence[Row], seeds: Sequence[int]) -> Row | None:
    """The baseline's row; of several settings, among those with all seeds, the one of best *validation* AUROC.

    As one would choose it who has not seen the test patients. A setting that was not scored on validation patients in
    every seed comes behind those that were.
    """
    candidates = [row for row in found if row.method == BASELINE and not row.reference]
    return max(candidates, key=lambda row: (not missing(row, seeds), _on_val(row)), default=None)


def _on_val(row: Row) -> float:
    scores = [DIAGNOSIS_AUROC.of(entry.val) for entry in row.entries]
    values = [score.value for score in scores if score is not None and score.value is not None]
    return fmean(values) if len(values) == len(scores) else float("-inf")


def difference(row: Mapping[int, SeedValues], baseline: Mapping[int, SeedValues]) -> Compared | None:
    """The paired difference over the seeds that both have; None where they share none."""
    common = sorted(row.keys() & baseline.keys())
    return Compared(paired(joined(row, common), joined(baseline, common)), len(common)) if common else None


def left(baseline: Row | None, headline: Lookup) -> dict[int, float]:
    """What the baseline leaves above chance in each seed, D − .5.

    Empty where that may be nothing in some seed, as its interval reaches .5: a share of it would be noise.
    """
    found = {}
    for entry in baseline.entries if baseline else ():
        score = headline.score(entry)
        if score is None or score.value is None or score.low is None or score.low <= 0.5:
            return {}
        found[entry.run.seed] = score.value - 0.5
    return found


def residual(entries: Sequence[Entry], lookup: Lookup, of_baseline: Mapping[int, float]) -> float | None:
    """(D − .5) / (D of the baseline − .5) seed by seed, the mean over the seeds that both have; None without one.

    A seed gives both the same initial weights and the same order of batches, so much of what moves D over seeds goes
    out of the ratio. It has no interval: the paired difference has one, and says the same.
    """
    scores = {entry.run.seed: lookup.score(entry) for entry in entries}
    shares = [
        (score.value - 0.5) / of_baseline[seed]
        for seed, score in scores.items()
        if score is not None and score.value is not None and seed in of_baseline
    ]
    return fmean(shares) if shares else None


@dataclass(frozen=True)
class Resolution:
    """The smallest true differences to the baseline that a board finds in 80 of 100 cases; ``pilot``: from how many
    rows it is known how differences vary, 0 where the baseline alone had to tell."""

    auroc: float
    decodability: float
    pilot: int


def board_resolution(baseline: Values, pilot: Sequence[Values], seeds: Sequence[int]) -> Resolution:
    """What a board with these patients and seeds can tell apart.

    The rows that are ranked tell how differences to the baseline vary over seeds, and how far a method's influence
    values go along with the baseline's. Before there is any, a method is taken to differ from the baseline as another
    training of it would that shares nothing with it, the seed included: an upper limit, since seeds are shared.
    """
    auroc, decodability = (_resolution(key, baseline, pilot, seeds) for key in CLAIMED)
    return Resolution(auroc, decodability, len(pilot))


def _resolution(key: str, baseline: Values, pilot: Sequence[Values], seeds: Sequence[int]) -> float:
    own = joined(baseline[key], seeds)
    others = [joined(values[key], seeds) for values in pilot]
    if not others:
        return resolution(own, 2 * float(own.values.var(ddof=1)))
    variance = fmean(float((other.values - own.values).var(ddof=1)) for other in others)
    return resolution(own, variance, fmean(_correlation(other, own) for other in others))


def _correlation(one: SeedValues, other: SeedValues) -> float:
    """Of the influence values, means over seeds; both sum to 0."""
    a, b = one.influence.mean(axis=0), other.influence.mean(axis=0)
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(a @ b / size, -1.0, 1.0)) if size > 0 else 0.0
