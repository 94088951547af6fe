"""What can be read of the group beyond what C tells of it: AUROC under overlap weights, and usable information in bits.

Of C there are two: the diagnosis (labels, view, sex, age), and all that is known (covariates too).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from scipy.special import log_softmax

from bench.scoring.decodability.crossfit import SplitCoordinates, SplitReading, read_split
from bench.scoring.decodability.estimates import Design, Estimate, Part, by_patient, combine, judged
from bench.scoring.decodability.expansion import expand
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.overlap import (
    LITTLE,
    Propensity,
    against,
    at_once,
    effective,
    kept,
    propensity,
    weighted_auroc,
)
from bench.scoring.decodability.parallel import each
from bench.scoring.decodability.probes.logistic import Logistic, logistic_path
from bench.scoring.decodability.probes.probe import Probe
from bench.scoring.decodability.splits import Split
from bench.scoring.decodability.strongest import Key
from bench.scoring.decodability.suite import Suite
from bench.statistics.auroc import pairs
from bench.task import Confounder

#: A level of a category lacks a group if it has no image of it where so many would be expected.
_EXPECTED = 5.0


@dataclass(frozen=True)
class Comparability:
    """Who can be compared given C. Shares are by pair of groups ("A vs B"), means over splits.

    ``columns`` names C; ``effective``: Kish's effective number of images, as a share of the pair's images; ``kept``:
    the share of the weight that is left of what the pair would have if C told nothing of it, 0 where no image has its
    like in the other group; ``propensity``: AUROC with which C alone tells the groups apart; ``lacking`` names levels
    in which a group does not occur, with the share of all images.
    """

    columns: tuple[str, ...]
    effective: Mapping[str, float]
    kept: Mapping[str, float]
    propensity: Estimate
    lacking: Mapping[str, float]


@dataclass(frozen=True)
class Conditional:
    """Estimates given C: of all probes of all layers together, and of each one by itself where all read.

    ``information``: bits per image that the first layer adds to what C tells of the groups; None where not asked for.
    """

    one_vs_one: Estimate
    by_probe: Mapping[Key, Estimate]
    comparability: Comparability
    information: Estimate | None


def given(
    samples: Mapping[str, Sample],
    confounders: Sequence[Confounder],
    splits: Sequence[Split],
    marginal: Mapping[str, Sequence[SplitReading]],
    suite: Suite,
    design: Design,
    seed: int,
    side_by_side: int = 1,
    *,
    every_probe: bool = False,
    information: bool = False,
) -> Conditional:
    """Decodability given C.

    In each split probes are fitted, settings chosen, probes put together and the test part judged under overlap weights
    (:mod:`.overlap`), under which groups are alike in C: whatever depends on C alone reads .5.

    Args:
        samples: N images of K groups, by layer.
        confounders: one column of C or more, in the order of the samples' images.
        splits: who fits, selects and is tested.
        marginal: the readings of each layer in each split without C.
        suite: the probes.
        design: of the splits, for the intervals.
        seed: of whatever is drawn.
        side_by_side: splits read at a time.
        every_probe: read with every probe that read without C, which a claim of removal takes; else with the linear
            ones and the one that weighs most in the layer.
        information: also conditional V-information (Hewitt et al., 2021) of the first layer: the held-out log-loss of
            the propensity less that of logistic regression on the features with the propensity's scores as an offset.
    """
    first = next(iter(samples.values()))
    columns, _ = expand(confounders, int(np.bincount(first.patient_groups).min()))

    def one(number: int) -> _Split:
        found = propensity(first, splits[number], columns, seed + number)
        readings = [
            _read(sample, splits[number], marginal[layer][number], found, suite, seed + number, every_probe)
            for layer, sample in samples.items()
        ]
        panel = readings[0].beside(readings[1:])
        weights = _own(found, first.groups)[panel.select_rows]
        together = panel.strongest(weights).log_posteriors
        judge = partial(weighted_auroc, first, panel.rows, found=found)
        probes = {(reading.layer, reading.probe): judge(reading.log_posteriors) for reading in panel.readings}
        return _Split(
            judge(together),
            probes if every_probe else {},
            _of_propensity(first, panel.rows, found),
            added(first, splits[number], suite, seed + number, found.log_e) if information else None,
        )

    parts = each(one, range(len(splits)), side_by_side)
    return Conditional(
        combine([part.together for part in parts], design),
        {key: combine([part.probes[key] for part in parts], design) for key in parts[0].probes},
        _comparability(first, confounders, [part.propensity for part in parts], design),
        combine([part.information for part in parts if part.information], design) if information else None,
    )


def added(sample: Sample, split: Split, suite: Suite, seed: int, log_share: np.ndarray | None = None) -> Part:
    """Bits per test image that logistic regression on the features adds to ``log_share`` (N, K); by patient too.

    Without it, to the prevalence of the groups in the fit part: V-information (Xu et al., 2020).
    """
    coordinates = SplitCoordinates(sample, split, suite.systems, seed)
    training, test = coordinates.training, coordinates.test
    if log_share is None:
        log_share = np.broadcast_to(np.log(training.prevalence), (len(sample.groups), training.n_groups))
    truth = sample.groups[test]
    before = log_share[test, truth]
    if coordinates.whitening.rank == 0:
        gains = np.zeros(len(test))
    else:
        path = Logistic(*logistic_path(training, log_share[coordinates.fit]))
        on_select = log_softmax(path.predict(training.select) + log_share[coordinates.select], axis=-1)
        losses = -on_select[:, np.arange(len(on_select[0])), training.select_groups].mean(axis=1)
        best = int(losses.argmin())
        on_test = log_softmax(path.predict(coordinates.on_test)[best] + log_share[test], axis=-1)
        after = on_test[np.arange(len(test)), truth]
        # Features that do worse than none on the select part are not used at all: the family holds that choice too.
        none = -log_share[coordinates.select, training.select_groups].mean()
        gains = (after - before) / np.log(2) if losses[best] < none else np.zeros(len(test))
    mean = float(gains.mean())
    return mean, by_patient(sample, test, (gains - mean) / len(gains))


@dataclass(frozen=True)
class _OfPropensity:
    """What C alone reads in a split, and by pair of groups the effective share and the share of weight kept."""

    auroc: Part
    effective: Sequence[float]
    kept: Sequence[float]


@dataclass(frozen=True)
class _Split:
    """What one split gives."""

    together: Part
    probes: Mapping[Key, Part]
    propensity: _OfPropensity
    information: Part | None


def _read(
    sample: Sample,
    split: Split,
    marginal: SplitReading,
    found: Propensity,
    suite: Suite,
    seed: int,
    every_probe: bool,
) -> SplitReading:
    """A layer read under overlap weights."""
    names = {reading.probe for reading in marginal.readings if every_probe or reading.linear}
    names.add(marginal.readings[int(marginal.strongest().weights.argmax())].probe)
    candidates: list[type[Probe]] = [probe for probe in suite.probes if probe.name in names]
    coordinates = SplitCoordinates(sample, split, suite.systems, seed, _own(found, sample.groups))
    return read_split(coordinates, candidates, against(found.log_e, sample.groups))


def _own(found: Propensity, groups: np.ndarray) -> np.ndarray:
    """What each image (N,) weighs in its own group."""
    weights: np.ndarray = at_once(found.log_e)[np.arange(len(groups)), groups]
    return weights


def _of_propensity(sample: Sample, rows: np.ndarray, found: Propensity) -> _OfPropensity:
    groups, log_e = sample.groups[rows], found.log_e[rows]
    contests = pairs(log_e, groups, against(log_e, groups))
    return _OfPropensity(
        judged(sample, rows, pairs(log_e, groups)),
        [effective(contest) for contest in contests],
        [kept(contest) for contest in contests],
    )


def _comparability(
    sample: Sample, confounders: Sequence[Confounder], found: Sequence[_OfPropensity], design: Design
) -> Comparability:
    names = [f"{a} vs {b}" for a, b in combinations(sample.names, 2)]
    shares = {name: float(np.mean([one.kept[at] for one in found])) for at, name in enumerate(names)}
    weighing = np.mean([one.effective for one in found], axis=0)
    return Comparability(
        tuple(one.name for one in confounders),
        {name: float(share) if shares[name] >= LITTLE else 0.0 for name, share in zip(names, weighing, strict=True)},
        shares,
        combine([one.auroc for one in found], design),
        _lacking(sample, confounders),
    )


def _lacking(sample: Sample, confounders: Sequence[Confounder]) -> dict[str, float]:
    """Levels of C in which a group does not occur although it should, and their share of all images."""
    shares = np.bincount(sample.groups, minlength=len(sample.names)) / len(sample.groups)
    found = {}
    for one in confounders:
        for level in np.unique(one.values) if one.kind != "number" else ():
            inside = one.values == level
            counts = np.bincount(sample.groups[inside], minlength=len(sample.names))
            absent = [
                name for g, name in enumerate(sample.names) if not counts[g] and shares[g] * inside.sum() > _EXPECTED
            ]
            if absent:
                words = (
                    one.level(int(level))
                    if one.kind == "category"
                    else {1: "positive", 0: "negative"}.get(level, "unknown")
                )
                found[f"{one.name} {words}: no {' or '.join(absent)}"] = float(inside.mean())
    return found
