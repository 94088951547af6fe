"""What stands beside a reading: controls that show whether it can be believed, and what may be claimed of removal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.scoring.decodability import flags
from bench.scoring.decodability.conditional import Conditional, added, given
from bench.scoring.decodability.controls import leaks, planted, random_label
from bench.scoring.decodability.controls.depth import depth
from bench.scoring.decodability.controls.null import permuted_values
from bench.scoring.decodability.crossfit import SplitReading
from bench.scoring.decodability.estimates import Design, Estimate, Part, combine
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.parallel import each
from bench.scoring.decodability.removal import Removal, claims
from bench.scoring.decodability.result import Control, Null
from bench.scoring.decodability.strongest import Key
from bench.scoring.decodability.suite import Suite
from bench.statistics.bootstrap import Interval
from bench.task import Condition


@dataclass(frozen=True)
class Evidence:
    """The fields of :class:`bench.scoring.decodability.result.Decodability` that a layer's controls fill."""

    depth: tuple[tuple[float, Interval], ...] = ()
    null: Null | None = None
    random_label: Control | None = None
    plants: tuple[Control, ...] = ()
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
        null = permuted_values(sample, splits, whitenings, suite.permutations, self.seed, self.at_once)
        self.tell(f"{layer}: a random label, planted signals")
        label = random_label(sample, splits, suite, self.design, self.seed)
        leak = Control("random label", label.interval(), leaks(label, suite), worth=0.5)
        plants = planted(sample, whitenings[0], splits, suite, self.design, self.seed, self.at_once)
        worth = suite.plants.worth
        controls = tuple(Control(plant.name, plant.recovered.interval(), plant.missed, worth) for plant in plants)
        self.tell(f"{layer}: depth under noise")
        levels = ((0.0, linear.interval()), *self._depth(layer))
        failed = [flags.CONTROL_LEAK] if leak.failed else []
        failed += [flags.PLANT_MISSED] if any(control.failed for control in controls) else []
        return Evidence(levels, _null(null), leak, controls, tuple(failed))

    def claim(self, probes: Mapping[Key, Estimate], headline: Estimate, reliable: bool) -> Claimed:
        """What may be claimed of removal.

        Args:
            probes: what each probe of each layer reads.
            headline: what all of them read together.
            reliable: whether the controls passed.
        """
        removal = claims(probes, headline, reliable, self.suite)
        failed = (flags.UNDERPOWERED,) if removal[-1].answer == "underpowered" else ()
        return Claimed(removal, failed)

    def beyond(self) -> Beyond:
        """What is left given C, of which there may be none."""
        first = next(iter(self.samples.values()))
        splits = self.design.splits
        diagnosis = [one for one in first.conditions if not one.covariate]
        self.tell("readings given C")

        def bits(number: int) -> Part:
            return added(first, splits[number], self.suite, self.seed + number)

        return Beyond(
            self.conditional(diagnosis, information=True) if diagnosis else None,
            self.conditional(first.conditions) if len(first.conditions) > len(diagnosis) else None,
            combine(each(bits, range(len(splits)), self.at_once), self.design),
        )

    def conditional(
        self, conditions: Sequence[Condition], *, every_probe: bool = False, information: bool = False
    ) -> Conditional:
        """What all layers tell beyond these columns of C (:func:`.conditional.given`)."""
        return given(
            self.samples,
            conditions,
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
