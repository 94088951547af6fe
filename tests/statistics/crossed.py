"""Boards made up from effects that are known: every row reads the same patients and is trained with the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.statistics.pairing import SeedValues
from bench.statistics.ranking import resolution


@dataclass(frozen=True)
class World:
    """What moves a score, as standard deviations of normal effects.

    The defaults are about a decodability of .7: one seed of one row is uncertain by .0127 over samples of 1,500
    patients, the difference of two rows by .012; the values of a row vary by .034 over seeds, differences by .016.
    """

    seeds: int = 5
    patients: int = 1500
    shared: float = 0.364  #: a patient's effect on every row
    own: float = 0.232  #: a patient's effect on one row, whatever the seed
    single: float = 0.232  #: a patient's effect on one training
    start: float = 0.033  #: a seed's effect on every row
    training: float = 0.0096  #: a seed's effect on one row

    @property
    def seed_variance(self) -> float:
        """Of the differences between two rows, over seeds."""
        return 2 * (self.training**2 + self.single**2 / self.patients)

    def draw(self, truths: Sequence[float], rng: np.random.Generator) -> list[SeedValues]:
        """Rows of these true means over all patients and seeds, measured on some."""
        rows, seeds, patients = len(truths), self.seeds, self.patients
        effects = self.single * rng.standard_normal((rows, seeds, patients))
        effects += self.shared * rng.standard_normal(patients) + self.own * rng.standard_normal((rows, 1, patients))
        values = np.asarray(truths)[:, None] + self.start * rng.standard_normal(seeds)
        values = values + self.training * rng.standard_normal((rows, seeds))
        means = effects.mean(axis=2)
        influence = (effects - means[:, :, None]) / patients
        return [SeedValues(*row) for row in zip(values + means, influence, strict=True)]

    @property
    def correlation(self) -> float:
        """Between the influence values of two rows, means over seeds."""
        return self.shared**2 / (self.shared**2 + self.own**2 + self.single**2 / self.seeds)

    def resolution(self) -> float:
        """What such a board can tell apart, known before its rows."""
        (baseline,) = self.draw([0.0], np.random.default_rng(0))
        return resolution(baseline, self.seed_variance, self.correlation)

    def board(self) -> np.ndarray:
        """Truths of twelve rows: three equal best, one worse by twice the resolution, eight still worse."""
        return 0.65 + np.concatenate([np.zeros(3), np.linspace(2, 6, 9)]) * self.resolution()


#: As uncertain as the default, by patients who vary less: a fifth of the numbers to draw.
SMALL = World(patients=300, shared=0.163, own=0.104, single=0.104)
