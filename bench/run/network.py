"""A trained network, and what it computes in an arena."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench import training
from bench.data.cohorts import twins
from bench.method import Method
from bench.records.outputs import Outputs
from bench.run.arenas import Arena, Opened, at_home
from bench.run.planning import Run
from bench.scoring import Computed, choose_thresholds, studies
from bench.task import Cohort


@dataclass(frozen=True)
class Network:
    """The trained network of a run."""

    planned: Run
    method: Method

    @cached_property
    def on_val(self) -> tuple[Cohort, Outputs]:
        """The val images of the set trained on, and what is computed for them."""
        opened = at_home(self.planned, "val", "image").open()
        return opened.cohort, self._predict(self.method, opened)

    @cached_property
    def thresholds(self) -> np.ndarray:
        """Decision thresholds ``(T,)``, chosen on val patients whatever is scored, by the unit that is scored."""
        cohort, outputs = self.on_val
        units = studies.units(cohort, self.planned.config.scoring.unit == "study")
        return choose_thresholds(units.cohort, units.outputs(outputs))

    def compute(self, arena: Arena, opened: Opened) -> tuple[Outputs, Computed]:
        """What is computed for an arena's images, and that of its units, with all that scores are made of.

        The untrained network is a reference for test patients only; blocks are read there.
        """
        testing = arena.place != "val"
        found = self._predict(self.method, opened, blocks=True) if testing else self.on_val[1]
        counterfactual = self._twins(opened.cohort, once=not found.randomised) if arena.has_twins else None
        untrained = None
        if testing:
            untrained = self._predict(self.planned.build(), opened)
        units = studies.units(opened.cohort, arena.unit == "study")
        return found, Computed(
            units.cohort,
            units.outputs(found),
            self.thresholds,
            arena.columns,
            untrained=units.outputs(untrained) if untrained else None,
            twins={group: units.outputs(one) for group, one in counterfactual.items()} if counterfactual else None,
        )

    def _predict(self, method: Method, opened: Opened, blocks: bool = False) -> Outputs:
        accelerator = self.planned.config.trainer.accelerator
        return training.predict(method, opened.shown, opened.pixels, accelerator, blocks=blocks)

    def _twins(self, part: Cohort, once: bool) -> dict[str, Outputs]:
        """What is computed for the twins of these images, by group; in one pass where it is deterministic."""
        planned = self.planned
        made = [twins.twin(part, planned.dataset, group) for group in part.spec.groups]
        seen = [planned.chosen.seen(twin, planned.method.race_free) for twin in made]
        blocks = np.split(planned.open_images(twins.joined(seen)).pixels, len(made))
        accelerator = planned.config.trainer.accelerator
        return {
            group: training.predict(self.method, twin, pixels, accelerator, once=once)
            for group, twin, pixels in zip(part.spec.groups, made, blocks, strict=True)
        }
