"""Rows held against the baseline: which of them are ranked, in which classes and order, and why others are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.leaderboard.baseline import (
    Resolution,
    Values,
    board_resolution,
    choose,
    difference,
    left,
    missing,
    residual,
)
from bench.leaderboard.lookup import CLAIMED, DIAGNOSIS_AUROC, Lookup, compared, headline_of
from bench.leaderboard.rows import Row
from bench.leaderboard.seedwise import NO_VALUES, OTHER_KEY, Patients, joined
from bench.leaderboard.standing import RANKED, SECTIONS, Compared, SectionName, Standing
from bench.records import BASELINE
from bench.scoring.catalogue import AUROC, DECODABILITY
from bench.scoring.claims import Claim, claim_of
from bench.scoring.decodability.flags import INSUFFICIENT
from bench.statistics.pairing import holm
from bench.statistics.ranking import diagnosis_kept, front_share, rank

#: The seeds that a row needs to be ranked, unless others are asked for.
EDITION: tuple[int, ...] = (0, 1, 2, 3, 4)
#: The loss of diagnosis AUROC that is put up with, as in sweeps.
TOLERANCE = 0.02
#: Of every claim of a board, and of each class.
LEVEL = 0.95


@dataclass(frozen=True)
class Standings:
    """All rows in the order of the page, each with its standing.

    ``headline`` is the decodability that they are judged by, ``baseline`` the row that the others are compared with,
    ``left`` what it leaves above chance by seed.
    ``resolution`` is None where nothing can be ranked.
    """

    rows: tuple[Row, ...]
    headline: Lookup
    baseline: Row | None
    left: Mapping[int, float]
    resolution: Resolution | None
    notices: tuple[str, ...]


def stand(found: Sequence[Row], seeds: Sequence[int]) -> Standings:
    """The standing of each row of a table.

    Args:
        found: rows without any entry of another seed than ``seeds``.
        seeds: of the edition, two or more.

    Raises:
        BenchError: for influence values that are none.
    """
    baseline, headline = choose(found, seeds), headline_of(entry for row in found for entry in row.entries)
    of_baseline, lookups = left(baseline, headline), compared(headline)
    patients = None if baseline is None else Patients(baseline, found, lookups)
    values = [{key: patients.by_seed(row, key) if patients else {} for key in lookups} for row in found]
    own: Values = next((mine for row, mine in zip(found, values, strict=True) if row is baseline), {})
    judge = _Judge(seeds, baseline, patients, own)
    standings = []
    for row, mine in zip(found, values, strict=True):
        differences = {} if row is baseline else _differences(mine, own)
        section, reason = judge.section(row, mine, differences)
        share = residual(row.entries, headline, of_baseline)
        standings.append(Standing(section, reason, row is baseline, differences, share, _claim(row, headline, section)))
    standings = _corrected(standings)
    for section in RANKED:
        members = [i for i, standing in enumerate(standings) if standing.section == section]
        for i, standing in zip(members, _placed(standings, values, members, seeds), strict=True):
            standings[i] = standing
    ranked = [mine for mine, one in zip(values, standings, strict=True) if one.section in RANKED and not one.baseline]
    placed = sorted((replace(row, standing=one) for row, one in zip(found, standings, strict=True)), key=_order)
    return Standings(
        rows=tuple(placed),
        headline=headline,
        baseline=next((row for row in placed if row.standing.baseline), None),
        left=of_baseline,
        resolution=None if judge.obstacle else board_resolution(own, ranked, seeds),
        notices=tuple(_notices(found, baseline, judge)),
    )


class _Judge:
    """Says in which section a row stands, and why it is not ranked."""

    def __init__(self, seeds: Sequence[int], baseline: Row | None, patients: Patients | None, own: Values) -> None:
        self.seeds, self.baseline, self.patients = seeds, baseline, patients
        #: Why no row at all can be compared; empty where they can.
        self.obstacle = f"no {BASELINE} to compare with"
        if baseline is not None and patients is not None:
            lacking = _lacks(baseline, seeds) or patients.problem(baseline.entries) or self._unscored(own)
            self.obstacle = f"{BASELINE}: {lacking}" if lacking else ""

    def section(self, row: Row, mine: Values, differences: Mapping[str, Compared]) -> tuple[SectionName, str]:
        if row.reference:
            return "references", ""
        if lacking := _lacks(row, self.seeds):
            return "incomplete", lacking
        problem = self.patients.problem(row.entries) if self.patients else ""
        if problem := self.obstacle or problem or self._unscored(mine):
            return "not compared", problem
        kept = differences.get(AUROC.key)
        if kept is not None and not diagnosis_kept(kept.difference, TOLERANCE):
            return "diagnosis lost", f"AUROC may be {-kept.difference.low:.3f} below {BASELINE}'s"
        if any(INSUFFICIENT in entry.test.flags for entry in row.entries):
            # What is declared is then not what the head reads, and its decodability no merit.
            return "not compared", "its features do not hold the diagnosis"
        return ("race at test" if row.uses_race == "test" else "methods"), ""

    def _unscored(self, mine: Values) -> str:
        names = {AUROC.key: "diagnosis AUROC", DECODABILITY.key: "decodability"}
        lacking = [names[key] for key in CLAIMED if any(seed not in mine[key] for seed in self.seeds)]
        return f"no {' and '.join(lacking)} in some seed" if lacking else ""


def _claim(row: Row, headline: Lookup, section: SectionName) -> Claim | None:
    """What may be said of removal, where the decodability that counts was read; nothing where the diagnosis is lost."""
    files = [(headline.file(entry), entry.flags) for entry in row.entries]
    found = claim_of([(file.find, flags) for file, flags in files if file is not None])
    granted = found is not None and found.margin is not None
    return Claim("diagnosis lost") if granted and section == "diagnosis lost" else found


def _lacks(row: Row, seeds: Sequence[int]) -> str:
    lacking = missing(row, seeds)
    word = "seed" if len(lacking) == 1 else "seeds"
    return f"lacks {word} {', '.join(map(str, lacking))}" if lacking else ""


def _differences(mine: Values, own: Values) -> dict[str, Compared]:
    found = {key: difference(mine[key], own[key]) for key in mine if key in own}
    return {key: one for key, one in found.items() if one is not None}


def _corrected(standings: Sequence[Standing]) -> list[Standing]:
    """With p-values corrected for all claims of the board: of every row with all seeds, in every claimed score."""
    claimed = [
        (i, key)
        for i, standing in enumerate(standings)
        if standing.section in (*RANKED, "diagnosis lost")
        for key in CLAIMED
        if key in standing.differences
    ]
    found = list(standings)
    corrected = holm([found[i].differences[key].difference.p for i, key in claimed])
    for (i, key), p in zip(claimed, corrected, strict=True):
        one = replace(found[i].differences[key], p=p, sure=p <= 1 - LEVEL)
        found[i] = replace(found[i], differences={**found[i].differences, key: one})
    return found


def _placed(
    standings: Sequence[Standing], values: Sequence[Values], members: Sequence[int], seeds: Sequence[int]
) -> list[Standing]:
    """The standings of the rows of one section, in their order, with classes and shares among these rows."""
    decodabilities = [joined(values[i][DECODABILITY.key], seeds) for i in members]
    aurocs = [joined(values[i][AUROC.key], seeds) for i in members]
    places = sorted(rank(decodabilities, "down", LEVEL), key=lambda place: place.row)
    shares = front_share(decodabilities, aurocs)
    return [
        replace(standings[i], tie_class=place.tie_class, may_be_best=place.may_be_best, front=float(share))
        for i, place, share in zip(members, places, shares, strict=True)
    ]


def _order(row: Row) -> tuple[int, float, int, float, str, str]:
    """Sections; in those that are ranked the claim of removal, the class, and AUROC; in all others the name."""
    section = SECTIONS.index(row.standing.section)
    if row.standing.tie_class is None:
        return section, 0.0, 0, 0.0, row.method, row.setting
    claim = row.standing.claim
    # Anything but "yes" claims nothing.
    margin = float("inf") if claim is None or claim.margin is None else claim.margin
    auroc = DIAGNOSIS_AUROC(row)
    return section, margin, row.standing.tie_class, -auroc.mean if auroc else 0.0, row.method, row.setting


def _notices(found: Sequence[Row], baseline: Row | None, judge: _Judge) -> list[str]:
    told = []
    settings = [row for row in found if row.method == BASELINE and not row.reference]
    if baseline is not None and len(settings) > 1:
        told.append(
            f"Of {len(settings)} settings of {BASELINE}, {baseline.setting} is the one that rows are compared with: "
            "its validation AUROC is the best, among those with every seed if there are such."
        )
    if judge.obstacle:
        told.append(f"No row is ranked, for want of a baseline ({judge.obstacle}).")
    ways_out = {
        NO_VALUES: "Beside the scores of {} there are no influence values, so they show no paired difference and are "
        "not ranked. To make them from the stored weights: bench score (nothing is trained).",
        OTHER_KEY: "The patients of {} are hashed with another key than those of " + BASELINE + ", so they cannot be "
        "matched: no paired difference, no rank. Runs of one runs folder share a key.",
    }
    for problem, words in ways_out.items():
        names = {row.method for row in found if judge.patients and judge.patients.problem(row.entries) == problem}
        if names:
            told.append(words.format(", ".join(sorted(names))))
    return told
