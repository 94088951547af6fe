"""How deep the group is buried: what linear probes still read when noise is added to the features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bench.scoring.decodability.crossfit import SplitCoordinates, read_split
from bench.scoring.decodability.estimates import Design, Estimate, combine, judged
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.parallel import each
from bench.scoring.decodability.splits import Split
from bench.scoring.decodability.suite import Suite
from bench.scoring.decodability.whitening import blocks
from bench.statistics.auroc import pairs


def depth(
    sample: Sample,
    splits: Sequence[Split],
    rms: float,
    suite: Suite,
    design: Design,
    seed: int,
    at_once: int = 1,
) -> list[Estimate]:
    """D(σ) of the linear probes at each of the suite's depths: isotropic Gaussian noise of σ × ``rms`` is added.

    σ counts in units of the root mean square ``rms`` of a centred feature.

    A signal that only whitening finds, in directions of tiny variance, drowns at a small σ; one that a head could use
    persists. At σ = 0 the headline stands: an attacker has no noise floor.
    """

    def at(number: int) -> Estimate:
        level = suite.depths[number]
        noisy = replace(sample, features=_with_noise(sample.features, level * rms, (seed, 4, number)))
        parts = []
        for split in splits:
            found = read_split(SplitCoordinates(noisy, split, suite.systems, seed), suite.linear)
            parts.append(judged(sample, found.rows, pairs(found.strongest().log_posteriors, sample.groups[found.rows])))
        return combine(parts, design)

    return each(at, range(len(suite.depths)), at_once)


def _with_noise(features: np.ndarray, sigma: float, seed: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noisy = features.copy()
    for block in blocks(len(features)):
        noisy[block] += sigma * rng.standard_normal(noisy[block].shape, dtype=np.float32)
    return noisy
