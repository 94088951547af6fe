"""How deep the group is buried: what linear probes still read when noise is added to the features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bench.scoring.decodability.crossfit import SplitCoordinates, read_split
from bench.scoring.decodability.estimates import Design, Estimate, combine, judged
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.parallel import each
from bench.scoring.decodability.probes.probe import Probe
from bench.scoring.decodability.splits import Split
from bench.scoring.decodability.whitening import blocks
from bench.statistics.auroc import pairs

#: Noise σ as a share of the root mean square of a centred feature.
LEVELS = (0.01, 0.03, 0.1, 0.3, 1.0)


def depth(
    sample: Sample,
    splits: Sequence[Split],
    rms: float,
    suite: Sequence[type[Probe]],
    design: Design,
    seed: int,
    at_once: int = 1,
) -> list[Estimate]:
    """D(σ) of the linear probes at each of ``LEVELS``: isotropic Gaussian noise of σ × ``rms`` on every feature.

    A signal that only whitening finds, in directions of tiny variance, drowns at a small σ; one that a head could use
    persists. At σ = 0 the headline stands: an attacker has no noise floor.
    """
    linear = [probe for probe in suite if probe.linear]

    def at(number: int) -> Estimate:
        level = LEVELS[number]
        noisy = replace(sample, features=_with_noise(sample.features, level * rms, (seed, 4, number)))
        parts = []
        for split in splits:
            found = read_split(SplitCoordinates(noisy, split, seed), linear)
            parts.append(judged(sample, found.rows, pairs(found.chosen().log_posteriors, sample.groups[found.rows])))
        return combine(parts, design)

    return each(at, range(len(LEVELS)), at_once)


def _with_noise(features: np.ndarray, sigma: float, seed: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noisy = features.copy()
    for block in blocks(len(features)):
        noisy[block] += sigma * rng.standard_normal(noisy[block].shape, dtype=np.float32)
    return noisy
