"""What stands beside a reading: controls that show whether it can be believed, and what may be claimed of removal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.scoring.decodability import flags
from bench.scoring.decodability.conditional import given
from bench.scoring.decodability.controls import leaks, planted, random_label
from bench.scoring.decodability.controls.depth import depth
from bench.scoring.decodability.controls.null import permuted_values
from bench.scoring.decodability.crossfit import SplitReading
from bench.scoring.decodability.estimates import Design, Estimate
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.removal import Removal, claims
from bench.scoring.decodability.result import Control, Given, Null
from bench.scoring.decodability.suite import Suite
from bench.statistics.bootstrap import Interval


@dataclass(frozen=True)
class Evidence:
    """The fields of :class:`bench.scoring.decodability.result.Decodability` that controls fill; by default none."""

    given: Given | None = None
    depth: tuple[tuple[float, Interval], ...] = ()
    null: Null | None = None
    random_label: Control | None = None
    plants: tuple[Control, ...] = ()
    removal: tuple[Removal, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examined:
    """A sample that was read: ``found`` are the readings of each split, ``at_once`` how many splits go side by side."""

    sample: Sample
    found: Sequence[SplitReading]
    design: Design
    suite: Suite
    seed: int
    at_once: int

    def gather(
        self,
        probes: Mapping[str, Estimate],
        headline: Estimate,
        linear: Estimate,
        raised: Sequence[str],
        tell: Callable[[str], None],
    ) -> Evidence:
        """Run every control.

        Args:
            probes: what each probe reads.
            headline: what the chosen ones read.
            linear: what the chosen linear ones read.
            raised: flags that the readings raised.
            tell: told of each step.
        """
        splits, suite = self.design.splits, self.suite
        tell(f"{suite.permutations.count} permutations")
        whitenings = [split.whitening for split in self.found]
        null = permuted_values(self.sample, splits, whitenings, suite.permutations, self.seed, self.at_once)
        tell("a random label, planted signals")
        label = random_label(self.sample, splits, suite, self.design, self.seed)
        leak = Control("random label", label.interval(), leaks(label, suite), worth=0.5)
        plants = planted(self.sample, whitenings[0], splits, suite, self.design, self.seed, self.at_once)
        worth = suite.plants.worth
        controls = tuple(Control(plant.name, plant.recovered.interval(), plant.missed, worth) for plant in plants)
        tell("depth under noise, readings given C")
        levels = [(0.0, linear.interval()), *self._depth()]
        failed = [flags.CONTROL_LEAK] if leak.failed else []
        failed += [flags.PLANT_MISSED] if any(control.failed for control in controls) else []
        removal = claims(probes, headline, not flags.VOID_REMOVAL & {*raised, *failed}, suite)
        failed += [flags.UNDERPOWERED] if removal[-1].answer == "underpowered" else []
        return Evidence(self._given(), tuple(levels), _null(null), leak, controls, removal, tuple(failed))

    def _depth(self) -> list[tuple[float, Interval]]:
        rms = float(np.sqrt(np.mean([split.whitening.power for split in self.found])))
        found = depth(self.sample, self.design.splits, rms, self.suite, self.design, self.seed, self.at_once)
        return [(level, one.interval()) for level, one in zip(self.suite.depths, found, strict=True)]

    def _given(self) -> Given:
        conditional = given(
            self.sample, self.design.splits, self.found, self.suite, self.design, self.seed, self.at_once
        )
        anything = (-float("inf"), float("inf"))
        return Given(
            conditional.one_vs_one.interval(),
            conditional.information.interval(anything),
            conditional.information_given.interval(anything),
            conditional.strata,
            conditional.skipped,
        )


def _null(values: np.ndarray) -> Null:
    low, percentile_95, high = (float(q) for q in np.quantile(values, [0.025, 0.95, 0.975]))
    return Null(float(values.mean()), percentile_95, low, high, len(values))
