"""What was read in each split, as estimates over all splits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import combinations

import numpy as np

from bench.scoring.decodability.estimates import Design, Estimate, combine, judged
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.result import ProbeReading
from bench.scoring.decodability.strongest import Key, Panel, Together
from bench.statistics.auroc import Contest, against_rest, hand_till, pairs
from bench.statistics.bootstrap import Interval

#: Contests from log posteriors (n, K) and groups (n,).
Contests = Callable[[np.ndarray, np.ndarray], list[Contest]]


class Judge:
    """Estimates from one panel a split: of a layer, or of all layers of a network."""

    def __init__(self, sample: Sample, panels: Sequence[Panel], design: Design) -> None:
        self.sample, self.panels, self.design = sample, panels, design

    @cached_property
    def together(self) -> list[Together]:
        """All readings of each split put together."""
        return [panel.strongest() for panel in self.panels]

    @cached_property
    def headline(self) -> Estimate:
        """Macro one-vs-one of all probes together."""
        return self._estimate([one.log_posteriors for one in self.together], pairs)

    @cached_property
    def linear(self) -> Estimate:
        """Macro one-vs-one of the linear probes together."""
        return self._of_kind(linear=True)

    @cached_property
    def nonlinear(self) -> Estimate | None:
        """Macro one-vs-one of the nonlinear probes together; None where none read."""
        return self._of_kind(linear=False) if any(not one.linear for one in self.panels[0].readings) else None

    @cached_property
    def by_probe(self) -> dict[Key, Estimate]:
        """Macro one-vs-one of each probe of each layer alone."""
        return {
            (first.layer, first.probe): self._estimate(
                [panel.readings[number].log_posteriors for panel in self.panels], pairs
            )
            for number, first in enumerate(self.panels[0].readings)
        }

    def probes(self) -> tuple[ProbeReading, ...]:
        """What each probe of each layer reads, and its share in what all read together."""
        found = []
        for number, (first, estimate) in enumerate(zip(self.panels[0].readings, self.by_probe.values(), strict=True)):
            own = [panel.readings[number] for panel in self.panels]
            reading = ProbeReading(
                layer=first.layer,
                name=first.probe,
                linear=first.linear,
                one_vs_one=estimate.interval(),
                upper=estimate.upper,
                selected=float(np.mean([one.selected for one in own])),
                weight=float(np.mean([one.weights[number] for one in self.together])),
                settings=tuple(one.setting for one in own),
            )
            found.append(reading)
        return tuple(found)

    def one_vs_rest(self) -> Mapping[str, Interval]:
        """Each group against all others."""
        return {name: self._interval(_single(against_rest, g)) for g, name in enumerate(self.sample.names)}

    def hand_till(self) -> Interval:
        """Hand & Till's mean over ordered pairs."""
        return self._interval(hand_till)

    def worst_pair(self) -> tuple[str, Interval]:
        """The two groups that are told apart best, and their AUROC."""
        names = self.sample.names
        read = {
            f"{names[i]} vs {names[j]}": self._interval(_single(pairs, number))
            for number, (i, j) in enumerate(combinations(range(len(names)), 2))
        }
        name = max(read, key=lambda pair: read[pair].value or 0.0)
        return name, read[name]

    def _of_kind(self, linear: bool) -> Estimate:
        return self._estimate([panel.of(linear).strongest().log_posteriors for panel in self.panels], pairs)

    def _interval(self, contests: Contests) -> Interval:
        return self._estimate([one.log_posteriors for one in self.together], contests).interval()

    def _estimate(self, log_posteriors: Sequence[np.ndarray], contests: Contests) -> Estimate:
        """The mean over contests, from the log posteriors (n, K) of each split's test images."""
        parts = []
        for panel, one in zip(self.panels, log_posteriors, strict=True):
            parts.append(judged(self.sample, panel.rows, contests(one, self.sample.groups[panel.rows])))
        return combine(parts, self.design)


def _single(contests: Contests, number: int) -> Contests:
    """One of the contests alone."""
    return lambda log_posteriors, groups: [contests(log_posteriors, groups)[number]]
