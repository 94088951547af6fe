"""How weak a signal the suite still sees in these very features: a detection limit, from planted signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.special import ndtr, ndtri

from bench.scoring.decodability.crossfit import SplitCoordinates, read
from bench.scoring.decodability.estimates import Design, combine, judged
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.parallel import each
from bench.scoring.decodability.probes.probe import Probe
from bench.scoring.decodability.splits import Split
from bench.scoring.decodability.suite import Kind, Sight, Suite
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import pairs

#: Share of plantings seen where nothing is planted, since a one-sided bound at 95% errs in so many, and of those missed
#: at any strength.
_BY_CHANCE, _LAPSES = 0.05, 0.01
#: Where the limit may lie, an AUROC, and the spreads that the curve may have, in the units of Φ⁻¹ of an AUROC.
_LIMITS = np.linspace(0.505, 0.905, 161)
_SPREADS = np.geomspace(0.01, 0.16, 17)


@dataclass(frozen=True)
class Limit:
    """The weakest signal of a kind that is seen in so many plantings, at one percentile of the spectrum.

    ``auroc`` is what it is worth to whoever knows where it is, with its standard error; None where it lies above all
    that was planted. ``plantings`` were read.
    """

    kind: Kind
    percentile: int
    auroc: float | None
    standard_error: float
    plantings: int

    @property
    def name(self) -> str:
        """As it stands in scores: "linear, percentile 1"."""
        return f"{self.kind}, percentile {self.percentile}"


def limits(
    sample: Sample,
    whitenings: Sequence[Whitening],
    splits: Sequence[Split],
    suite: Suite,
    seed: int,
    at_once: int = 1,
) -> list[Limit]:
    """The detection limit of each kind of signal at each percentile of the spectrum.

    Signals are planted among the images of the two groups that are hardest to tell apart for want of patients: groups
    are dealt anew among them, and one direction of the spectrum is replaced by a code of them, normal with means apart
    (linear) or with variances apart (quadratic), of the same variance as before. It is seen where the lower one-sided
    95% bound of the probe made for that kind, read in one split, lies above .5. Each is planted where the plantings
    before it leave most to be learnt: at the limit, as far as it is known (:class:`Curve`). Nothing is planted in
    constant features.

    Args:
        sample: N images of K groups.
        whitenings: of the splits' fit parts.
        splits: who fits, selects and is tested.
        suite: who reads, and what is planted.
        seed: of groups and codes.
        at_once: limits sought at a time.
    """
    if any(whitening.rank == 0 for whitening in whitenings):
        return []
    sight = suite.sight
    pair = _Pair.rarest(sample)

    def one(what: tuple[Kind, type[Probe], int]) -> Limit:
        kind, probe, percentile = what
        curve = Curve(sight)
        for number in range(sight.plantings):
            # Splits take turns, and each kind and percentile begins with another.
            turn = (number + percentile) % len(splits)
            rng = np.random.default_rng((seed, 6, percentile, kind == "linear", number))
            strength = curve.strength
            planted = pair.planted(whitenings[turn], splits[turn], kind, percentile, strength, rng)
            curve.add(strength, _seen(*planted, probe, suite, seed + turn))
        return Limit(kind, percentile, *curve.limit, sight.plantings)

    return each(one, [(*kind, percentile) for kind in sight.readers for percentile in sight.percentiles], at_once)


def code(kind: Kind, labels: np.ndarray, worth: float, rng: np.random.Generator) -> np.ndarray:
    """A variable of variance 1, whatever the groups' sizes, whose AUROC for a binary label (n,) is ``worth``.

    Linear: N(±d/2, 1) with Φ(d/√2) = AUROC. Quadratic: N(0, s²), where |x| is higher with probability
    2/π · atan(s₁/s₀) = AUROC. Both are then brought to mean 0 and variance 1.
    """
    noise, share = rng.standard_normal(len(labels)), labels.mean()
    if kind == "linear":
        d = np.sqrt(2) * ndtri(worth)
        linear: np.ndarray = (noise + d * (labels - share)) / np.sqrt(1 + d**2 * share * (1 - share))
        return linear
    ratio = np.tan(np.pi / 2 * worth)
    quadratic: np.ndarray = noise * np.where(labels == 1, ratio, 1.0) / np.sqrt(1 - share + share * ratio**2)
    return quadratic


class Curve:
    """What is known of a limit after some plantings: a distribution over limits and spreads of the probit curve.

    With s the strength and L the limit, both AUROCs, a planting is seen with probability
    ``.05 + .94 Φ((Φ⁻¹(s) - Φ⁻¹(L)) / spread + z)``, z such that it is the share asked for at s = L. All limits and,
    on a logarithmic scale, all spreads are equally likely at first (Watson & Pelli, 1983): so a limit can be named,
    with its standard error, also where all strong plantings were seen and no weak one was.
    """

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.log_weights = np.zeros((len(_LIMITS), len(_SPREADS)))

    @property
    def strength(self) -> float:
        """Of the next planting: of the strengths that are planted, the one nearest to the limit."""
        mean = float(self._weights().sum(axis=1) @ _LIMITS)
        return min(self.sight.strengths, key=lambda strength: abs(strength - mean))

    def add(self, strength: float, seen: bool) -> None:
        """One planting more."""
        range_ = 1 - _BY_CHANCE - _LAPSES
        at_limit = ndtri((self.sight.share - _BY_CHANCE) / range_)
        steps = (ndtri(strength) - ndtri(_LIMITS))[:, None] / _SPREADS + at_limit
        probability = _BY_CHANCE + range_ * ndtr(steps)
        self.log_weights += np.log(probability if seen else 1 - probability)

    @property
    def limit(self) -> tuple[float | None, float]:
        """The limit, None where it is above all that is planted, and its standard error."""
        over_limits = self._weights().sum(axis=1)
        mean = float(over_limits @ _LIMITS)
        error = float(np.sqrt(over_limits @ (_LIMITS - mean) ** 2))
        return (mean if mean <= self.sight.strengths[-1] else None), error

    def _weights(self) -> np.ndarray:
        weights: np.ndarray = np.exp(self.log_weights - self.log_weights.max())
        total = weights.sum()
        return np.asarray(weights / total)


@dataclass(frozen=True)
class _Pair:
    """The images of two groups: ``rows`` (n,) of ``sample``."""

    sample: Sample
    groups: tuple[int, int]
    rows: np.ndarray

    @classmethod
    def rarest(cls, sample: Sample) -> _Pair:
        """The two groups with the fewest patients to learn from, by their harmonic mean."""
        sizes = np.bincount(sample.patient_groups)
        chosen = min(combinations(range(len(sizes)), 2), key=lambda two: 1 / (1 / sizes[two[0]] + 1 / sizes[two[1]]))
        return cls(sample, chosen, np.flatnonzero(np.isin(sample.groups, chosen)))

    def planted(
        self,
        whitening: Whitening,
        split: Split,
        kind: Kind,
        percentile: int,
        strength: float,
        rng: np.random.Generator,
    ) -> tuple[Sample, Split]:
        """These images with a signal at a percentile of the spectrum, and how their patients are divided.

        Each part of the split keeps as many patients of each group as it has.
        """
        own = np.flatnonzero(np.isin(self.sample.patient_groups, self.groups))
        number = np.full(len(self.sample.patient_groups), -1)
        number[own] = np.arange(len(own))
        parts = [number[part[np.isin(part, own)]] for part in (split.fit, split.select, split.test)]
        labels = (self.sample.patient_groups[own] == self.groups[1]).astype(np.int64)
        for part in parts:
            labels[part] = rng.permutation(labels[part])
        patients = number[self.sample.patients[self.rows]]
        direction = round((1 - percentile / 100) * (whitening.rank - 1))
        # Along the principal axes: there a direction of little variance is not lost in the rounding of the others.
        features = whitening.transform(self.sample.features, self.rows)
        features[:, direction] = code(kind, labels[patients], strength, rng)
        features *= np.sqrt(whitening.variances)
        marked = replace(
            self.sample,
            features=features,
            patients=patients,
            patient_groups=labels,
            confounders=(),
            patient_strata=self.sample.patient_strata[own],
            patient_codes=self.sample.patient_codes[own],
        )
        return marked.relabelled(labels, ("0", "1")), Split(*parts)


def _seen(sample: Sample, split: Split, probe: type[Probe], suite: Suite, seed: int) -> bool:
    """Whether a probe tells the two groups apart in one split, beyond chance (one-sided 95%)."""
    coordinates = SplitCoordinates(sample, split, suite.systems, seed)
    found = read(coordinates, probe)
    part = judged(sample, coordinates.test, pairs(found.log_posteriors, sample.groups[coordinates.test]))
    return combine([part], Design(sample.patient_groups, (split,))).lower > 0.5
