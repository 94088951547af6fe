"""What stands beside a reading: controls that show whether it can be believed, and what may be claimed of removal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.scoring.decodability import flags
from bench.scoring.decodability.conditional import Conditional, added, given
from bench.scoring.decodability.controls.depth import depth
from bench.scoring.decodability.controls.null import null_values, propensities
from bench.scoring.decodability.controls.random_label import leaks, random_label
from bench.scoring.decodability.controls.sight import Limit, limits
from bench.scoring.decodability.crossfit import SplitReading
from bench.scoring.decodability.estimates import Design, Estimate, Part, combine
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.judging import Judge
from bench.scoring.decodability.parallel import each
from bench.scoring.decodability.removal import Removal, Terms, blindness, claims
from bench.scoring.decodability.result import Control, Null
from bench.scoring.decodability.suite import Suite
from bench.statistics.bootstrap import Interval
from bench.task import Confounder


@dataclass(frozen=True)
class Evidence:
    """The fields of :class:`bench.scoring.decodability.result.Decodability` that a layer's controls fill."""

    depth: tuple[tuple[float, Interval], ...] = ()
    null: Null | None = None
    null_given: Null | None = None
    random_label: Control | None = None
    limits: tuple[Limit, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Beyond:
    """What all layers together tell beyond C: given the diagnosis, and given all that is known; None where not read.

    ``information``: bits per image that the first layer adds to the groups' prevalence.
    """

    diagnosis: Conditional | None = None
    known: Conditional | None = None
    information: Estimate | None = None


@dataclass(frozen=True)
class Claimed:
    """Those that say what may be claimed of all layers together."""

    removal: tuple[Removal, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examined:
    """Layers that were read: ``found`` are each layer's readings of each split, ``at_once`` how many go side by side.

    ``tell`` is told of each step.
    """

    samples: Mapping[str, Sample]
    found: Mapping[str, Sequence[SplitReading]]
    design: Design
    suite: Suite
    seed: int
    at_once: int
    tell: Callable[[str], None]

    def controls(self, layer: str, linear: Estimate) -> Evidence:
        """Run every control on a layer, of which linear probes read ``linear``."""
        sample, splits, suite = self.samples[layer], self.design.splits, self.suite
        self.tell(f"{layer}: {suite.permutations.count} permutations")
        whitenings = [split.whitening for split in self.found[layer]]
        nulls = partial(null_values, sample, splits, whitenings, suite.permutations, self.seed, self.at_once)
        diagnosis = [one for one in sample.confounders if not one.covariate]
        null_given = _null(nulls(propensities(sample, diagnosis))) if diagnosis else None
        self.tell(f"{layer}: a random label, the detection limit")
        label = random_label(sample, splits, suite, self.design, self.seed)
        leak = Control(label.interval(), leaks(label, suite))
        found = limits(sample, whitenings, splits, suite, self.seed, self.at_once)
        self.tell(f"{layer}: depth under noise")
        levels = ((0.0, linear.interval()), *self._depth(layer))
        failed = [flags.CONTROL_LEAK] if leak.failed else []
        failed += [flags.BLIND] if any(one.kind == "linear" and one.auroc is None for one in found) else []
        return Evidence(levels, _null(nulls()), null_given, leak, tuple(found), tuple(failed))

    def claim(
        self, read: Judge | Conditional, limits: Mapping[str, Sequence[Limit]], failed: Collection[str], terms: Terms
    ) -> Claimed:
        """What may be claimed of removal.

        Args:
            read: all layers together.
            limits: detection limits of each layer that all probes read.
            failed: flags that were raised.
            terms: what the claim is made on.
        """
        unseen = blindness(limits, [layer for layer in self.samples if layer not in limits], self.suite)
        headline = read.headline if isinstance(read, Judge) else read.one_vs_one
        removal = claims(read.by_probe, headline, failed, unseen, terms, self.suite)
        raised = (flags.UNDERPOWERED,) if removal[-1].answer == "underpowered" else ()
        return Claimed(removal, raised)

    def beyond(self, every_probe: bool) -> Beyond:
        """What is left given C, of which there may be none; by ``every_probe`` given the diagnosis."""
        first = next(iter(self.samples.values()))
        splits = self.design.splits
        diagnosis = [one for one in first.confounders if not one.covariate]
        self.tell("readings given C")

        def bits(number: int) -> Part:
            return added(first, splits[number], self.suite, self.seed + number)

        return Beyond(
            self.conditional(diagnosis, every_probe=every_probe, information=True) if diagnosis else None,
            self.conditional(first.confounders) if len(first.confounders) > len(diagnosis) else None,
            combine(each(bits, range(len(splits)), self.at_once), self.design),
        )

    def conditional(
        self, confounders: Sequence[Confounder], *, every_probe: bool = False, information: bool = False
    ) -> Conditional:
        """What all layers tell beyond these columns of C (:func:`.conditional.given`)."""
        return given(
            self.samples,
            confounders,
            self.design.splits,
            self.found,
            self.suite,
            self.design,
            self.seed,
            self.at_once,
            every_probe=every_probe,
            information=information,
        )

    def _depth(self, layer: str) -> list[tuple[float, Interval]]:
        sample = self.samples[layer]
        rms = float(np.sqrt(np.mean([split.whitening.power for split in self.found[layer]])))
        found = depth(sample, self.design.splits, rms, self.suite, self.design, self.seed, self.at_once)
        return [(level, one.interval()) for level, one in zip(self.suite.depths, found, strict=True)]


def _null(values: np.ndarray) -> Null:
    low, percentile_95, high = (float(q) for q in np.quantile(values, [0.025, 0.95, 0.975]))
    return Null(float(values.mean()), percentile_95, low, high, len(values))
