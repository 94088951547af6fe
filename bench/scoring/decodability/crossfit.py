"""One split read by every probe: fit, choose coordinates and setting on the select part, read the test part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import log_softmax

from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.probes.probe import Coordinates, Probe, Training
from bench.scoring.decodability.reduction import Reduction
from bench.scoring.decodability.splits import Split, deal
from bench.scoring.decodability.strongest import Panel, Reading
from bench.scoring.decodability.suite import Systems
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import one_vs_one


@dataclass(frozen=True)
class SplitReading(Panel):
    """All readings of one layer in one split."""

    whitening: Whitening


def read_split(
    coordinates: SplitCoordinates, probes: Sequence[type[Probe]], against: np.ndarray | None = None
) -> SplitReading:
    """Read one split with every probe.

    Args:
        coordinates: of the split.
        probes: who read.
        against: what each image weighs against each group (N, K) where the select part decides; None: all the same.
    """
    readings = tuple(read(coordinates, probe, against) for probe in probes)
    training = coordinates.training
    return SplitReading(
        rows=coordinates.test,
        select_rows=coordinates.select,
        select_groups=training.select_groups,
        prevalence=training.prevalence,
        readings=readings,
        whitening=coordinates.whitening,
    )


def read(coordinates: SplitCoordinates, probe: type[Probe], against: np.ndarray | None = None) -> Reading:
    """Read one split with one probe in each of its coordinates and settings; the best on the select part is kept."""
    groups = coordinates.training.select_groups
    weights = None if against is None else against[coordinates.select]
    found = []
    for name in coordinates.worthwhile(probe.inputs):
        on_select, on_test = coordinates.read(probe, name)
        scores = one_vs_one(on_select, groups, weights)
        # NaN where the select part holds no two groups: any setting is then as good as another.
        scores = np.nan_to_num(scores, nan=0.5)
        top = int(scores.argmax())
        setting = f"{name}, {probe.settings[top]}"
        layer = coordinates.sample.layer
        found.append(
            Reading(layer, probe.name, probe.linear, setting, float(scores[top]), on_select[top], on_test[top])
        )
    return max(found, key=lambda reading: reading.selected)


@dataclass(frozen=True)
class _System:
    """What a probe is fitted to and the same coordinates of the images that it then reads."""

    training: Training
    test: np.ndarray


class SplitCoordinates:
    """The three systems of coordinates of one split, learnt on its fit part.

    ``fit``, ``select`` and ``test`` are the rows of its parts.
    """

    def __init__(
        self, sample: Sample, split: Split, systems: Systems, seed: int, weights: np.ndarray | None = None
    ) -> None:
        """``weights`` (N,) of all images when fitting; None: all the same. ``seed`` of whatever probes draw."""
        self.sample, self.split, self.systems, self.seed = sample, split, systems, seed
        self.fit, self.select, self.test = (sample.rows(part) for part in (split.fit, split.select, split.test))
        given = np.ones(len(self.fit)) if weights is None else weights[self.fit]
        self.weights = given / given.mean()
        self.whitening = Whitening.fit(sample.features, self.fit, self.weights)
        on_fit, on_select, self.on_test = (
            self.whitening.transform(sample.features, rows) for rows in (self.fit, self.select, self.test)
        )
        self.training = Training(
            fit=on_fit,
            groups=sample.groups[self.fit],
            weights=self.weights,
            variances=self.whitening.variances,
            select=on_select,
            select_groups=sample.groups[self.select],
            n_groups=len(sample.names),
            seed=seed,
        )

    def worthwhile(self, inputs: Sequence[Coordinates]) -> list[Coordinates]:
        """Those of the inputs that differ: few directions need no choosing from and no turning round."""
        leading = self.systems.leading
        limits = {"principal": 1, "leading": leading, "reduced": self.systems.reduced, "few": leading}
        kept = [name for name in inputs if self.whitening.rank > limits.get(name, 0)]
        return kept or [inputs[0]]

    def read(self, probe: type[Probe], name: Coordinates) -> tuple[np.ndarray, np.ndarray]:
        """Log posteriors (L, ·, K) of the select and the test part, averaged over fits where there are several."""
        if self.whitening.rank == 0:
            shape = len(probe.settings), len(self.select) + len(self.test), self.training.n_groups
            return np.split(np.zeros(shape), [len(self.select)], axis=1)  # type: ignore[return-value]
        systems: list[_System] = getattr(self, name)
        on_select, on_test = [], []
        for system in systems:
            reader = probe.fit(system.training)
            on_select.append(log_softmax(reader.predict(system.training.select), axis=-1))
            on_test.append(log_softmax(reader.predict(system.test), axis=-1))
        return np.mean(on_select, axis=0), np.mean(on_test, axis=0)

    @cached_property
    def full(self) -> list[_System]:
        """All whitened coordinates."""
        return [_System(self.training, self.on_test)]

    @cached_property
    def principal(self) -> list[_System]:
        """The whitened first principal components."""
        return [self._along(np.eye(self.whitening.rank)[:, : self.systems.principal], np.arange(len(self.fit)))]

    @cached_property
    def leading(self) -> list[_System]:
        """The first of these."""
        return [self._along(np.eye(self.whitening.rank)[:, : self.systems.leading], np.arange(len(self.fit)))]

    @cached_property
    def few(self) -> list[_System]:
        """The first of the reduced directions."""
        return [_first(system, self.training.n_groups - 1 + self.systems.few) for system in self.reduced]

    @cached_property
    def reduced(self) -> list[_System]:
        """Directions from one half of the fit patients, probes from the other, and the other way round.

        Directions are drawn to whatever tells apart the very images they were found on; a probe that read those again
        would take it for signal.
        """
        patients, sample = self.split.fit, self.sample
        rng = np.random.default_rng((self.seed, 3))
        half = deal(sample.patient_groups[patients], sample.patient_strata[patients], 2, rng)
        first = np.isin(sample.patients[self.fit], patients[half == 0])
        systems = []
        for finding, fitting in ((first, ~first), (~first, first)):
            reduction = Reduction.fit(
                self.training.fit[finding],
                self.training.groups[finding],
                self.weights[finding],
                self.training.n_groups,
                self.systems,
            )
            systems.append(self._along(reduction.directions, np.flatnonzero(fitting)))
        return systems

    def _along(self, directions: np.ndarray, rows: np.ndarray) -> _System:
        full = self.training
        directions = directions.astype(full.fit.dtype)
        training = Training(
            fit=(full.fit @ directions)[rows].astype(np.float64),
            groups=full.groups[rows],
            weights=full.weights[rows] / full.weights[rows].mean(),
            variances=np.ones(directions.shape[1]),
            select=(full.select @ directions).astype(np.float64),
            select_groups=full.select_groups,
            n_groups=full.n_groups,
            seed=full.seed,
        )
        return _System(training, (self.on_test @ directions).astype(np.float64))


def _first(system: _System, count: int) -> _System:
    training = system.training
    short = replace(
        training,
        fit=training.fit[:, :count],
        variances=training.variances[:count],
        select=training.select[:, :count],
    )
    return _System(short, system.test[:, :count])
