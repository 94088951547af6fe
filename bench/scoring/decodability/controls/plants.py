"""Proof that the reader can see, and that it sees nothing where nothing is: planted signals and random labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm

from bench.scoring.decodability.crossfit import SplitCoordinates, read, read_split
from bench.scoring.decodability.estimates import Design, Estimate, Part, combine, judged
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.parallel import each
from bench.scoring.decodability.probes.probe import Probe
from bench.scoring.decodability.splits import Split
from bench.scoring.decodability.suite import Kind, Suite
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import pairs


@dataclass(frozen=True)
class Plant:
    """A planted signal: its kind, the percentile of the spectrum that carries it, and what the suite read of it.

    ``wanted`` is what has to be recovered.
    """

    kind: Kind
    percentile: int
    recovered: Estimate
    wanted: float

    @property
    def name(self) -> str:
        """As it stands in scores: "planted linear, percentile 1"."""
        return f"planted {self.kind}, percentile {self.percentile}"

    @property
    def missed(self) -> bool:
        """Whether too little of it was recovered."""
        return not self.recovered.value >= self.wanted


def random_label(sample: Sample, splits: Sequence[Split], suite: Suite, design: Design, seed: int) -> Estimate:
    """What the suite reads of a random label per patient (Hewitt & Liang, 2019): it must be .5.

    The groups themselves are dealt anew, whatever C, and the first split is read with every probe.
    """
    rng = np.random.default_rng((seed, 5))
    relabelled = sample.relabelled(rng.permutation(sample.patient_groups), sample.names)
    if not all(len(np.unique(relabelled.patient_groups[part])) == len(sample.names) for part in _parts(splits[0])):
        return _of_first(design, [(float("nan"), np.zeros(len(sample.patient_groups)))])
    found = read_split(SplitCoordinates(relabelled, splits[0], suite.systems, seed), suite.probes)
    contests = pairs(found.strongest().log_posteriors, relabelled.groups[found.rows])
    return _of_first(design, [judged(sample, found.rows, contests)])


def leaks(estimate: Estimate, suite: Suite) -> bool:
    """Whether a random label was read off chance."""
    return abs(estimate.value - 0.5) > suite.leak * estimate.standard_error


def planted(
    sample: Sample,
    whitening: Whitening,
    splits: Sequence[Split],
    suite: Suite,
    design: Design,
    seed: int,
    at_once: int = 1,
) -> list[Plant]:
    """What the suite recovers of signals planted in these very features, linear and quadratic, each worth the same.

    One direction of the spectrum is replaced by a code of a label drawn for each patient: normal with means apart
    (linear), or with variances apart (quadratic), of the same variance as before. It is read by the probes made for
    that kind of signal (the others would only add to what is recovered), no further than until the one that leads on
    the select part has recovered it, in as many splits as it takes to tell. Nothing is planted in constant features.
    """
    plants = suite.plants
    if whitening.rank == 0:
        return []

    def plant(what: tuple[Kind, tuple[type[Probe], ...], int]) -> Plant:
        kind, readers, percentile = what
        rng = np.random.default_rng((seed, 6, percentile, kind == "linear"))
        labels = rng.permutation(np.arange(len(sample.patient_groups)) % 2)
        direction = round((1 - percentile / 100) * (whitening.rank - 1))
        # Along the principal axes: there a direction of little variance is not lost in the rounding of the others.
        features = whitening.transform(sample.features, np.arange(len(sample.groups)))
        features[:, direction] = code(kind, labels[sample.patients], plants.worth, rng)
        features *= np.sqrt(whitening.variances)
        marked = replace(sample, features=features).relabelled(labels, ("0", "1"))
        return Plant(kind, percentile, _recover(marked, splits, readers, suite, design, seed), plants.recovered)

    return each(plant, [(*kind, percentile) for kind in plants.readers for percentile in plants.percentiles], at_once)


def code(kind: Kind, labels: np.ndarray, worth: float, rng: np.random.Generator) -> np.ndarray:
    """A variable of variance 1 whose AUROC for a balanced binary label (n,) is ``worth``.

    Linear: N(±d/2, 1) with Φ(d/√2) = AUROC. Quadratic: N(0, s²), where |x| is higher with probability
    2/π · atan(s₁/s₀) = AUROC.
    """
    noise = rng.standard_normal(len(labels))
    if kind == "linear":
        d = np.sqrt(2) * norm.ppf(worth)
        linear: np.ndarray = (noise + d * (labels - 0.5)) / np.sqrt(1 + d**2 / 4)
        return linear
    ratio = np.tan(np.pi / 2 * worth)
    quadratic: np.ndarray = noise * np.where(labels == 1, ratio, 1.0) / np.sqrt((1 + ratio**2) / 2)
    return quadratic


def _recover(
    sample: Sample,
    splits: Sequence[Split],
    readers: Sequence[type[Probe]],
    suite: Suite,
    design: Design,
    seed: int,
) -> Estimate:
    """What is recovered, from as many splits as it takes to tell on which side of what is wanted it is."""
    wanted = suite.plants.recovered
    parts: list[Part] = []
    for split in splits:
        coordinates = SplitCoordinates(sample, split, suite.systems, seed)
        leading = -1.0
        for probe in readers:
            found = read(coordinates, probe)
            if found.selected > leading:
                leading = found.selected
                part = judged(sample, coordinates.test, pairs(found.log_posteriors, sample.groups[coordinates.test]))
            if part[0] >= wanted:
                break
        parts.append(part)
        estimate = _of_first(design, parts)
        if abs(estimate.value - wanted) > suite.plants.decided * estimate.standard_error:
            break
    return estimate


def _parts(split: Split) -> tuple[np.ndarray, ...]:
    return split.fit, split.select, split.test


def _of_first(design: Design, parts: Sequence[Part]) -> Estimate:
    """An estimate from the first splits alone."""
    return combine(parts, Design(design.groups, design.splits[: len(parts)]))
