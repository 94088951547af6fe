"""What the ridge probe reads, in each split at the penalty that is best on the select part; with and without C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.scoring.decodability.crossfit import SplitCoordinates
from bench.scoring.decodability.estimates import Design, Estimate, Part, combine, judged
from bench.scoring.decodability.expansion import expand
from bench.scoring.decodability.inputs import check
from bench.scoring.decodability.overlap import Propensity, against, at_once, propensity, weighted_auroc
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.splits import Split, patient_splits
from bench.scoring.suites import V2
from bench.statistics.auroc import one_vs_one, pairs
from bench.task import Confounder

#: The directions (K, D) in which a fitted probe's log posteriors rise, by which it reads fresh patients.
Slopes = np.ndarray


@dataclass(frozen=True)
class Read:
    """An estimate, and the slopes of the probe of each split."""

    estimate: Estimate
    slopes: list[Slopes]

    def truth(self, auroc: Callable[[Slopes], float]) -> float:
        """What the probes as fitted read on average, by a function of a probe's slopes."""
        return float(np.mean([auroc(slopes) for slopes in self.slopes]))


class Cohort:
    """Images of one patient each, the splits of the suite, and the propensities of groups given C."""

    def __init__(self, groups: np.ndarray, confounders: Sequence[Confounder] | None, seed: int) -> None:
        self.groups, self.confounders, self.seed = groups, confounders, seed
        flat = check({"": np.zeros((len(groups), 1))}, groups, np.arange(len(groups)), confounders, None)[""]
        self.splits = patient_splits(flat.patient_groups, flat.patient_strata, V2.folds, seed)
        self.design = Design(flat.patient_groups, self.splits)
        self.flat = flat

    @cached_property
    def propensities(self) -> list[Propensity]:
        """Of each split, as the suite has them."""
        columns, _ = expand(self.flat.confounders, int(np.bincount(self.groups).min()))
        return [propensity(self.flat, split, columns, self.seed + r) for r, split in enumerate(self.splits)]

    def marginal(self, features: np.ndarray) -> Read:
        """D of the features (N, D)."""
        return self._read(features, None)

    def given(self, features: np.ndarray) -> Read:
        """D given C."""
        return self._read(features, self.propensities)

    def _read(self, features: np.ndarray, given: Sequence[Propensity] | None) -> Read:
        found = [self._split(features, split, given and given[r], r) for r, split in enumerate(self.splits)]
        return Read(combine([part for part, _ in found], self.design), [slopes for _, slopes in found])

    def _split(self, features: np.ndarray, split: Split, given: Propensity | None, number: int) -> tuple[Part, Slopes]:
        sample = check({"": features}, self.groups, np.arange(len(features)), self.confounders, None)[""]
        groups, own, contest = sample.groups, None, None
        if given is not None:
            own = at_once(given.log_e)[np.arange(len(groups)), groups]
            contest = against(given.log_e, groups)
        coordinates = SplitCoordinates(sample, split, V2.systems, self.seed + number, own)
        path = Ridge.fit(coordinates.training)
        weights = None if contest is None else contest[coordinates.select]
        selected = one_vs_one(path.predict(coordinates.training.select), coordinates.training.select_groups, weights)
        best = int(np.nan_to_num(selected, nan=0.5).argmax())
        rows, read = coordinates.test, path.predict(coordinates.on_test)[best]
        slopes = (coordinates.whitening.directions @ path.coefficients[best]).T
        if given is None:
            return judged(sample, rows, pairs(read, groups[rows])), slopes
        return weighted_auroc(sample, rows, read, given), slopes
