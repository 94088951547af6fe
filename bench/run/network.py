"""A trained network, and what it computes in an arena."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from bench import training
from bench.data.cohorts import twins
from bench.data.cohorts.halves import CHOOSING, FITTING
from bench.method import Method
from bench.records import Place
from bench.records.outputs import Kept, Outputs
from bench.run.arenas import Arena, Opened, at_home
from bench.run.planning import Run
from bench.scoring import Computed, choose_thresholds, resample_thresholds, studies
from bench.task import Cohort
from bench.training import Predictor, Reader
from bench.training.channel import Channel


@dataclass(frozen=True)
class Network:
    """The trained network of a run; ``predictor`` is the process that it is read in, None for this one."""

    planned: Run
    method: Method
    predictor: Predictor | None = None

    @cached_property
    def channel(self) -> Channel:
        """What its features pass through before its head reads them: as kept, or measured on the training images."""
        if kept := training.load_channel(self.planned.folder / training.WEIGHTS):
            return kept
        train = self.planned.trained_on.part("train")
        return training.measure(self._trained, train, self.planned.images.pixels)

    def keep_channel(self) -> None:
        """Keep the channel beside the weights, where it is not there yet."""
        path = self.planned.folder / training.WEIGHTS
        if not training.load_channel(path):
            training.save_channel(self.channel, path)

    @cached_property
    def on_val(self) -> tuple[Cohort, Outputs]:
        """The val images of the set trained on that choices are made on, and what is computed for them."""
        opened = at_home(self.planned, "val", "image").open()
        return opened.cohort, self._predict(opened.shown, opened.pixels)

    def kept(self, tested: Cohort, found: Outputs) -> list[Kept]:
        """All that is kept of the set trained on: of both halves of val, and what was found of the test images."""
        fitting, kept = self.planned.val.fitting, []
        if len(fitting):
            predicted = self._predict(fitting, self.planned.images.pixels)
            kept.append(Kept("val", FITTING, fitting, predicted))
        return [*kept, Kept("val", CHOOSING, *self.on_val), Kept("test", None, tested, found)]

    @cached_property
    def thresholds(self) -> np.ndarray:
        """Decision thresholds ``(T,)``, chosen on val patients whatever is scored, by the unit that is scored."""
        return choose_thresholds(*self._val_units)

    @cached_property
    def threshold_draws(self) -> np.ndarray:
        """The thresholds that other val patients would have given, one a replicate of the bootstrap, ``(T, R)``."""
        return resample_thresholds(*self._val_units, self.planned.config.scoring.replicates)

    @cached_property
    def _val_units(self) -> tuple[Cohort, Outputs]:
        cohort, outputs = self.on_val
        units = studies.units(cohort, self.planned.config.scoring.unit == "study")
        return units.cohort, units.outputs(outputs)

    def compute(self, arena: Arena, opened: Opened) -> tuple[Outputs, Computed]:
        """What is computed for an arena's images, and that of its units, with all that scores are made of.

        The untrained network is a reference for test patients only; blocks are read there.
        """
        testing = arena.place != "val" and arena.is_read
        shown, pixels = opened.shown, opened.pixels
        found = self.on_val[1] if arena.place == "val" else self._predict(shown, pixels, blocks=testing)
        counterfactual = self._twins(opened, found) if arena.has_twins else None
        untrained = None
        if testing:
            untrained = training.predict(self._untrained, shown, pixels, once=not found.randomised)
        units = studies.units(opened.cohort, arena.unit == "study")
        return found, Computed(
            units.cohort,
            units.outputs(found),
            self.thresholds,
            arena.columns,
            untrained=units.outputs(untrained) if untrained else None,
            threshold_draws=self.threshold_draws if arena.place in ("test", "elsewhere") else None,
            twins={group: units.outputs(one) for group, one in counterfactual.items()} if counterfactual else None,
        )

    def _predict(self, cohort: Cohort, pixels: np.ndarray, **how: bool) -> Outputs:
        return training.predict(self._trained, cohort, pixels, self.channel, **how)

    @cached_property
    def _trained(self) -> Reader:
        return self._reader("trained", training.tensors(self.method))

    @cached_property
    def _untrained(self) -> Reader:
        return self._reader("untrained", None)

    def _reader(self, name: str, tensors: Mapping[str, Tensor] | None) -> Reader:
        """Reads the network with these weights and buffers, or untrained."""
        recipe = self.planned.recipe
        return self.predictor.reader(recipe, name, tensors) if self.predictor else recipe.reader(tensors)

    def _twins(self, opened: Opened, found: Outputs) -> dict[str, Outputs]:
        """What is computed for the twins of these images, by group; in one pass where the network is deterministic."""
        planned, part = self.planned, opened.cohort
        made = [twins.twin(part, planned.dataset, group) for group in part.spec.groups]
        seen = [planned.chosen.seen(twin, planned.method.race_free) for twin in made]
        blocks = np.split(planned.open_images(twins.joined(seen)).pixels, len(made))
        outputs = {}
        for group, twin, pixels in zip(part.spec.groups, made, blocks, strict=True):
            if found.randomised:
                # All in one order: so every twin of an image meets the same noise.
                outputs[group] = self._predict(twin, pixels)
                continue
            same = (pixels == opened.pixels[opened.shown.rows]).reshape(len(twin), -1).all(axis=1)
            others = np.flatnonzero(~(same & (twin.groups == part.groups)))
            predicted = self._predict(twin.take(others), pixels, once=True) if len(others) else None
            outputs[group] = found.replaced(others, predicted) if predicted else found
        return outputs


def predicting(planned: Run, places: Sequence[Place]) -> AbstractContextManager[Predictor | None]:
    """The process in which test images are predicted: started now, so that it is ready once the network is trained."""
    isolated = planned.config.scoring.isolated and any(place != "val" for place in places)
    return Predictor() if isolated else nullcontext()
