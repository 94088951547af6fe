"""A random label per patient (Hewitt & Liang, 2019): the suite must see nothing where nothing is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.scoring.decodability.crossfit import SplitCoordinates, read_split
from bench.scoring.decodability.estimates import Design, Estimate, Part, combine, judged
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.splits import Split
from bench.scoring.decodability.suite import Suite
from bench.statistics.auroc import pairs


def random_label(sample: Sample, splits: Sequence[Split], suite: Suite, design: Design, seed: int) -> Estimate:
    """What the suite reads of a random label per patient (Hewitt & Liang, 2019): it must be .5.

    The groups themselves are dealt anew, whatever C, and the first split is read with every probe.
    """
    rng = np.random.default_rng((seed, 5))
    relabelled = sample.relabelled(rng.permutation(sample.patient_groups), sample.names)
    if not all(len(np.unique(relabelled.patient_groups[part])) == len(sample.names) for part in _parts(splits[0])):
        return _alone((float("nan"), np.zeros(len(sample.patient_groups))), design)
    found = read_split(SplitCoordinates(relabelled, splits[0], suite.systems, seed), suite.probes)
    contests = pairs(found.strongest().log_posteriors, relabelled.groups[found.rows])
    return _alone(judged(sample, found.rows, contests), design)


def leaks(estimate: Estimate, suite: Suite) -> bool:
    """Whether a random label was read off chance."""
    return abs(estimate.value - 0.5) > suite.leak * estimate.standard_error


def _parts(split: Split) -> tuple[np.ndarray, ...]:
    return split.fit, split.select, split.test


def _alone(part: Part, design: Design) -> Estimate:
    """An estimate from the first split alone."""
    return combine([part], Design(design.groups, design.splits[:1]))
