"""How well can a fixed suite of fresh probes read the group from the features, on patients they never saw?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from bench.scoring.decodability import flags
from bench.scoring.decodability.controls.leace import Leace
from bench.scoring.decodability.crossfit import Reading, SplitCoordinates, SplitReading, read_split
from bench.scoring.decodability.estimates import Design, Estimate, combine, judged
from bench.scoring.decodability.evidence import Evidence, Examined
from bench.scoring.decodability.inputs import Sample, check
from bench.scoring.decodability.parallel import each, one_thread_each
from bench.scoring.decodability.probes.probe import Probe
from bench.scoring.decodability.result import Decodability, ProbeReading
from bench.scoring.decodability.splits import Split, patient_splits
from bench.scoring.decodability.suite import Suite
from bench.statistics.auroc import Contest, against_rest, hand_till, pairs
from bench.statistics.bootstrap import Interval

#: Contests from log posteriors (n, K) and groups (n,).
Contests = Callable[[np.ndarray, np.ndarray], list[Contest]]


def decode(
    features: np.ndarray,
    groups: np.ndarray,
    patients: np.ndarray,
    strata: np.ndarray | None = None,
    *,
    suite: Suite,
    group_names: Sequence[str] | None = None,
    seed: int = 0,
    fast: bool = False,
    controls: bool = True,
    erase: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Decodability:
    """Read the group from the features with every probe of a suite.

    Several times, patients are divided into fit, select and test, stratified by group and stratum.
    Whitening and probes see the fit part only; coordinates, settings and the probe that counts are chosen on the
    select part; the AUROC reported is that of the test part, averaged over the divisions. So the maximum over probes is
    never optimistic.

    The headline is the mean over pairs of groups of the AUROC of the log odds between the two (one-vs-one; Hand & Till,
    2001), which ignores prevalence. One-vs-rest ranks by the log odds against all others, at the prevalence of the fit
    part. Given C: pairs of images that agree on every column of ``strata`` (unknown agrees with unknown).

    Intervals come from DeLong's influence values, summed by patient (:class:`..estimates.Estimate`).

    Args:
        features: (N, D) float, one row an image, of patients the network was neither trained nor tuned on.
        groups: group codes (N,) int, -1 for unknown: left out.
        patients: patient codes (N,) int.
        strata: codes of C, (N,) or (N, S) int, one column a label or covariate, any code for unknown; None: no C.
        suite: who reads, and how.
        group_names: name of each code; by default the codes themselves.
        seed: of splits, probes and controls. The order of the rows changes nothing.
        fast: linear probes only, and the headline only: what a sweep minimises.
        controls: also what is left given C, the depth profile, permutations, random labels and planted signals.
            Without them no removal is claimed, and the readings are the same.
        erase: read the features after LEACE, learnt in each split from the fit part: a reference of what no linear
            reader can find. Without controls only.

    Raises:
        BenchError: when shapes do not match, a feature is not finite, a patient has two groups, fewer than two groups
            occur, or a group has fewer than 5 patients.
    """
    sample = check(features, groups, patients, strata, group_names)
    with one_thread_each(sample.features.nbytes) as at_once:
        return _decode(
            sample, suite, seed, fast, controls and not fast and not erase, erase, at_once, tell or (lambda _: None)
        )


def _decode(
    sample: Sample,
    suite: Suite,
    seed: int,
    fast: bool,
    controls: bool,
    erase: bool,
    at_once: int,
    tell: Callable[[str], None],
) -> Decodability:
    splits = patient_splits(sample.patient_groups, sample.patient_strata, suite.folds, seed)
    design = Design(sample.patient_groups, splits)
    used = suite.linear if fast else suite.probes

    def read_one(number: int) -> SplitReading:
        tell(f"{len(used)} probes, split {number + 1} of {len(splits)}")
        read = _erased(sample, splits[number]) if erase else sample
        return read_split(SplitCoordinates(read, splits[number], suite.systems, seed + number), used)

    judge = _Judge(sample, each(read_one, range(len(splits)), at_once), design)
    raised = _flags(judge, suite, fast)
    if not controls:
        return _result(judge, suite, used, fast, raised, Evidence())
    examined = Examined(sample, judge.found, design, suite, seed, at_once)
    gathered = examined.gather(judge.probes(used), judge.macro(judge.chosen()), judge.best(linear=True), raised, tell)
    return _result(judge, suite, used, fast, [*raised, *gathered.flags], gathered)


def _flags(judge: _Judge, suite: Suite, fast: bool) -> list[str]:
    """What the readings themselves raise."""
    raised = []
    whitenings = [split.whitening for split in judge.found]
    if any(whitening.rank == 0 for whitening in whitenings):
        raised.append(flags.CONSTANT_FEATURES)
    if max(whitening.condition_number for whitening in whitenings) > suite.ill_conditioned:
        raised.append(flags.ILL_CONDITIONED)
    if not fast and judge.best(linear=False).value - judge.best(linear=True).value > suite.nonlinear_gap:
        raised.append(flags.NONLINEAR_GAP)
    return raised


def _result(
    judge: _Judge, suite: Suite, used: Sequence[type[Probe]], fast: bool, raised: Sequence[str], found: Evidence
) -> Decodability:
    sample, probes, chosen = judge.sample, judge.probes(used), judge.chosen()
    counts = Counter(reading.probe for reading in chosen)
    headline = judge.macro(chosen)
    position = {name: g for g, name in enumerate(sample.names)}
    by_name = {name: judge.interval(chosen, _single(against_rest, g)) for name, g in position.items()}
    whitenings = [split.whitening for split in judge.found]
    return Decodability(
        suite_version=suite.version,
        groups=sample.all_names,
        group_images=_counts(sample, sample.groups),
        group_patients=_counts(sample, sample.patient_groups),
        probe=max(counts, key=lambda name: (counts[name], probes[name].value)),
        one_vs_one=headline.interval(),
        one_vs_rest=tuple(by_name.get(name, Interval(None)) for name in sample.all_names),
        worst_pair=_worst_pair(judge, chosen),
        hand_till=judge.interval(chosen, hand_till),
        linear=judge.best(linear=True).interval(),
        nonlinear=None if fast else judge.best(linear=False).interval(),
        probes=tuple(
            ProbeReading(
                name=probe.name,
                linear=probe.linear,
                one_vs_one=probes[probe.name].interval(),
                upper=probes[probe.name].upper,
                selected=float(np.mean([split.readings[p].selected for split in judge.found])),
                chosen=counts[probe.name],
                settings=tuple(split.readings[p].setting for split in judge.found),
            )
            for p, probe in enumerate(used)
        ),
        given=found.given,
        depth=found.depth,
        null=found.null,
        random_label=found.random_label,
        plants=found.plants,
        removal=found.removal,
        rank=float(np.mean([whitening.rank for whitening in whitenings])),
        effective_rank=float(np.mean([whitening.effective_rank for whitening in whitenings])),
        condition_number=float(np.mean([whitening.condition_number for whitening in whitenings])),
        flags=tuple(raised),
        patient_codes=sample.patient_codes,
        influence=headline.by_patient,
    )


class _Judge:
    """Turns what was read in each split into estimates."""

    def __init__(self, sample: Sample, found: Sequence[SplitReading], design: Design) -> None:
        self.sample, self.found, self.design = sample, found, design

    def estimate(self, readings: Sequence[Reading], contests: Contests) -> Estimate:
        """The mean over contests, from one reading a split."""
        parts = []
        for split, reading in zip(self.found, readings, strict=True):
            fought = contests(reading.log_posteriors, self.sample.groups[split.rows])
            parts.append(judged(self.sample, split.rows, fought))
        return combine(parts, self.design)

    def macro(self, readings: Sequence[Reading]) -> Estimate:
        """Macro one-vs-one."""
        return self.estimate(readings, pairs)

    def chosen(self, linear: bool | None = None) -> list[Reading]:
        """In each split the probe that was best on the select part: of all, the linear ones, or the nonlinear ones."""
        return [split.chosen(linear) for split in self.found]

    def best(self, linear: bool) -> Estimate:
        """What the chosen linear, or nonlinear, probes read."""
        return self.macro(self.chosen(linear))

    def probes(self, used: Sequence[type[Probe]]) -> dict[str, Estimate]:
        """What each probe reads."""
        return {probe.name: self.macro([split.readings[p] for split in self.found]) for p, probe in enumerate(used)}

    def interval(self, readings: Sequence[Reading], contests: Contests) -> Interval:
        """The interval of the mean over contests."""
        return self.estimate(readings, contests).interval()


def _erased(sample: Sample, split: Split) -> Sample:
    """The images after LEACE learnt on the fit part."""
    fit = sample.rows(split.fit)
    eraser = Leace.fit(sample.features[fit], sample.groups[fit], len(sample.names))
    return replace(sample, features=eraser.apply(sample.features))


def _single(contests: Contests, number: int) -> Contests:
    """One of the contests alone."""
    return lambda log_posteriors, groups: [contests(log_posteriors, groups)[number]]


def _worst_pair(judge: _Judge, chosen: Sequence[Reading]) -> tuple[str, Interval]:
    """The two groups that are told apart best, and their AUROC."""
    names = judge.sample.names
    read = {
        f"{names[i]} vs {names[j]}": judge.interval(chosen, _single(pairs, number))
        for number, (i, j) in enumerate(combinations(range(len(names)), 2))
    }
    name = max(read, key=lambda pair: read[pair].value or 0.0)
    return name, read[name]


def _counts(sample: Sample, codes: np.ndarray) -> tuple[int, ...]:
    """How often each group of the data set occurs."""
    known = dict(zip(sample.names, np.bincount(codes).tolist(), strict=True))
    return tuple(known.get(name, 0) for name in sample.all_names)
