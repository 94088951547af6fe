"""How well can a fixed suite of fresh probes read the group from a network's layers, on patients they never saw?

Several times, patients are divided into fit, select and test, stratified by group and stratum. Whitening and probes see
the fit part only; coordinates, settings and what each probe of each layer weighs (:meth:`.strongest.Panel.strongest`)
are chosen on the select part; the AUROC reported is that of the test part, averaged over the divisions. So what the
strongest reader reads is never optimistic.

The headline is the mean over pairs of groups of the AUROC of the log odds between the two (one-vs-one; Hand & Till,
2001), which ignores prevalence. One-vs-rest ranks by the log odds against all others, at the prevalence of the fit
part. Given C: under overlap weights (:mod:`.overlap`), with the labels, view, sex and age that a network may know, and
with the covariates too. Intervals come from DeLong's influence values, summed by patient
(:class:`..estimates.Estimate`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.records import FEATURES, NETWORK, OUTPUTS
from bench.scoring.decodability import flags
from bench.scoring.decodability.conditional import Conditional
from bench.scoring.decodability.controls.leace import Leace
from bench.scoring.decodability.crossfit import SplitCoordinates, SplitReading, read_split
from bench.scoring.decodability.estimates import Design, Estimate
from bench.scoring.decodability.evidence import Beyond, Claimed, Evidence, Examined
from bench.scoring.decodability.inputs import Sample, check
from bench.scoring.decodability.judging import Judge
from bench.scoring.decodability.parallel import each, one_thread_each
from bench.scoring.decodability.probes.probe import Probe
from bench.scoring.decodability.removal import Terms
from bench.scoring.decodability.result import Decodability, Given, ProbeReading
from bench.scoring.decodability.splits import Split, patient_splits
from bench.scoring.decodability.suite import Suite
from bench.statistics.bootstrap import Interval
from bench.task import Confounder

_ON_THE_MARGINAL = Terms()
#: One-sided level at which one reading is flagged for exceeding another: of nothing, one in two hundred is.
_SURE = 0.995


def decode(
    layers: Mapping[str, np.ndarray],
    groups: np.ndarray,
    patients: np.ndarray,
    confounders: np.ndarray | Sequence[Confounder] | None = None,
    *,
    suite: Suite,
    group_names: Sequence[str] | None = None,
    seed: int = 0,
    linear_only: Collection[str] = (),
    fast: bool = False,
    controls: bool = True,
    given: bool | None = None,
    erase: bool = False,
    terms: Terms = _ON_THE_MARGINAL,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Decodability]:
    """Read the group from each layer of one network with every probe of a suite, and from all layers together.

    Args:
        layers: features (N, D) float by the layer's name, one row an image, the same images in all, of patients the
            network was neither trained nor tuned on. Controls are read in the layers that all probes read.
        groups: group codes (N,) int, -1 for unknown: left out.
        patients: patient codes (N,) int.
        confounders: the columns of C, of N values each; or codes (N,) or (N, S) int, each column a category, below 0
            where unknown; None: no C. A covariate counts among all that is known, the rest among the diagnosis, too.
        suite: who reads, and how.
        group_names: name of each code; by default the codes themselves.
        seed: of splits, probes and controls. The order of the rows changes nothing.
        linear_only: layers that linear probes read alone.
        fast: linear probes only, and the headline only: what a sweep minimises.
        controls: also the depth profile, permutations, random labels and detection limits. Without them no removal is
            claimed, and the readings are the same.
        given: also what is left given C; by default with controls.
        erase: read the features after LEACE, learnt in each split from the fit part: a reference of what no linear
            reader can find. Without controls only.
        terms: what a claim of removal is made on.

    Returns:
        what is read of all layers together, under the name "network", then of each layer alone.

    Raises:
        BenchError: when shapes do not match, a feature is not finite, a patient has two groups, fewer than two groups
            occur, or a group has fewer than 5 patients.
    """
    samples = check(layers, groups, patients, confounders, group_names)
    examined = controls and not fast and not erase
    plan = _Plan(
        suite,
        seed,
        frozenset(samples if fast else linear_only),
        examined,
        examined if given is None else given,
        erase,
        terms,
        tell or (lambda _: None),
    )
    with one_thread_each(sum(sample.features.nbytes for sample in samples.values())) as at_once:
        return _decode(samples, plan, at_once)


@dataclass(frozen=True)
class _Plan:
    """What is read, and how."""

    suite: Suite
    seed: int
    linear_only: frozenset[str]
    controls: bool
    given: bool
    erase: bool
    terms: Terms
    tell: Callable[[str], None]

    def probes(self, layer: str) -> tuple[type[Probe], ...]:
        """Who reads a layer."""
        return self.suite.linear if layer in self.linear_only else self.suite.probes


def _decode(samples: Mapping[str, Sample], plan: _Plan, at_once: int) -> dict[str, Decodability]:
    first = next(iter(samples.values()))
    suite, seed = plan.suite, plan.seed
    splits = patient_splits(first.patient_groups, first.patient_strata, suite.folds, seed)
    design = Design(first.patient_groups, splits)

    def read_one(number: int) -> dict[str, SplitReading]:
        plan.tell(f"{', '.join(samples)}: split {number + 1} of {len(splits)}")
        found = {}
        for layer, sample in samples.items():
            read = _erased(sample, splits[number]) if plan.erase else sample
            coordinates = SplitCoordinates(read, splits[number], suite.systems, seed + number)
            found[layer] = read_split(coordinates, plan.probes(layer))
        return found

    found = each(read_one, range(len(splits)), at_once)
    by_layer = {layer: [one[layer] for one in found] for layer in samples}
    panels = [one[first.layer].beside([one[layer] for layer in samples if layer != first.layer]) for one in found]
    judges = {layer: Judge(sample, by_layer[layer], design) for layer, sample in samples.items()}
    whole = Judge(first, panels, design)
    raised = {layer: _flags(judge, by_layer[layer], suite) for layer, judge in judges.items()}
    on_all = _flags_of_all(whole, judges, suite)
    evidence = {layer: Evidence() for layer in samples}
    claimed, beyond = Claimed(), Beyond()
    examined = Examined(samples, by_layer, design, suite, seed, at_once, plan.tell)
    if plan.given:
        # A claim on what is left takes every probe of every layer; where some have not read, none can be granted.
        beyond = examined.beyond(plan.controls and plan.terms.reading == "diagnosis" and not plan.linear_only)
    if plan.controls:
        for layer, judge in judges.items():
            if layer not in plan.linear_only:
                evidence[layer] = examined.controls(layer, judge.linear)
                raised[layer] += evidence[layer].flags
        found_limits = {layer: evidence[layer].limits for layer in samples if layer not in plan.linear_only}
        failed = {flag for names in [on_all, *raised.values()] for flag in names}
        on = beyond.diagnosis if plan.terms.reading == "diagnosis" and beyond.diagnosis else whole
        claimed = examined.claim(on, found_limits, failed, plan.terms)
    results = {NETWORK: _result(NETWORK, whole, None, suite, [*on_all, *claimed.flags], Evidence(), claimed, beyond)}
    for layer, judge in judges.items():
        results[layer] = _result(
            layer, judge, by_layer[layer], suite, raised[layer], evidence[layer], Claimed(), Beyond()
        )
    return results


def _flags(judge: Judge, found: Sequence[SplitReading], suite: Suite) -> list[str]:
    """What the readings of a layer themselves raise."""
    raised = []
    whitenings = [split.whitening for split in found]
    if any(whitening.rank == 0 for whitening in whitenings):
        raised.append(flags.CONSTANT_FEATURES)
    if max(whitening.condition_number for whitening in whitenings) > suite.ill_conditioned:
        raised.append(flags.ILL_CONDITIONED)
    if _below_chance(judge, suite):
        raised.append(flags.BELOW_CHANCE)
    if judge.nonlinear is not None and _exceeds(judge.nonlinear, judge.linear, suite.nonlinear_gap):
        raised.append(flags.NONLINEAR_GAP)
    return raised


def _below_chance(judge: Judge, suite: Suite) -> bool:
    """Whether a whole interval lies below .5: of all probes, of the linear ones, or, beyond all chance, of any.

    One that is wrong on the select part as on the test part weighs nothing in what several read together.
    """
    highs = (judge.headline.interval().high, judge.linear.interval().high)
    wrong = (0.5 - one.value > suite.leak * one.standard_error for one in judge.by_probe.values())
    return any(high is not None and high < 0.5 for high in highs) or any(wrong)


def _flags_of_all(whole: Judge, judges: Mapping[str, Judge], suite: Suite) -> list[str]:
    """What the readings of all layers raise."""
    raised = []
    if _below_chance(whole, suite):
        raised.append(flags.BELOW_CHANCE)
    both = FEATURES in judges and OUTPUTS in judges
    if both and _exceeds(judges[OUTPUTS].headline, judges[FEATURES].headline, suite.above):
        raised.append(flags.OUTPUTS_ABOVE_FEATURES)
    return raised


def _exceeds(one: Estimate, other: Estimate, tolerated: float) -> bool:
    """Whether one is more than so much above the other, and by more than chance explains."""
    more = one.less(other)
    return more.value > tolerated and more.bound(_SURE) > 0


def _result(
    layer: str,
    judge: Judge,
    found: Sequence[SplitReading] | None,
    suite: Suite,
    raised: Sequence[str],
    evidence: Evidence,
    claimed: Claimed,
    beyond: Beyond,
) -> Decodability:
    """All that is said of a layer, or of a network, which has no splits' readings of its own."""
    sample, probes = judge.sample, judge.probes()
    by_name = judge.one_vs_rest()
    spread = [split.whitening for split in found or ()]
    return Decodability(
        layer=layer,
        suite_version=suite.version,
        groups=sample.all_names,
        group_images=_counts(sample, sample.groups),
        group_patients=_counts(sample, sample.patient_groups),
        probe=_heaviest(probes),
        one_vs_one=judge.headline.interval(),
        one_vs_rest=tuple(by_name.get(name, Interval(None)) for name in sample.all_names),
        worst_pair=judge.worst_pair(),
        hand_till=judge.hand_till(),
        linear=judge.linear.interval(),
        nonlinear=judge.nonlinear.interval() if judge.nonlinear else None,
        probes=probes,
        given_diagnosis=_given(beyond.diagnosis),
        given_known=_given(beyond.known),
        information=_bits(beyond.information),
        information_given=_bits(beyond.diagnosis.information if beyond.diagnosis else None),
        depth=evidence.depth,
        null=evidence.null,
        null_given=evidence.null_given,
        random_label=evidence.random_label,
        limits=evidence.limits,
        removal=claimed.removal,
        rank=float(np.mean([one.rank for one in spread])) if spread else None,
        effective_rank=float(np.mean([one.effective_rank for one in spread])) if spread else None,
        condition_number=float(np.mean([one.condition_number for one in spread])) if spread else None,
        flags=tuple(raised),
        patient_codes=sample.patient_codes,
        influence=judge.headline.influence_values,
    )


def _given(found: Conditional | None) -> Given | None:
    if found is None:
        return None
    comparable = found.comparability
    return Given(
        columns=comparable.columns,
        one_vs_one=found.one_vs_one.interval(),
        effective=tuple(comparable.effective.items()),
        kept=tuple(comparable.kept.items()),
        propensity=comparable.propensity.interval(),
        lacking=tuple(comparable.lacking.items()),
        influence=found.one_vs_one.influence_values,
    )


def _bits(found: Estimate | None) -> Interval | None:
    return None if found is None else found.interval((-float("inf"), float("inf")))


def _heaviest(probes: Sequence[ProbeReading]) -> str:
    """The probe that weighs most, over all layers."""
    weights: dict[str, float] = {}
    for probe in probes:
        weights[probe.name] = weights.get(probe.name, 0.0) + probe.weight
    return max(weights, key=lambda name: weights[name])


def _erased(sample: Sample, split: Split) -> Sample:
    """The images after LEACE learnt on the fit part."""
    fit = sample.rows(split.fit)
    eraser = Leace.fit(sample.features[fit], sample.groups[fit], len(sample.names))
    return replace(sample, features=eraser.apply(sample.features))


def _counts(sample: Sample, codes: np.ndarray) -> tuple[int, ...]:
    """How often each group of the data set occurs."""
    known = dict(zip(sample.names, np.bincount(codes).tolist(), strict=True))
    return tuple(known.get(name, 0) for name in sample.all_names)
