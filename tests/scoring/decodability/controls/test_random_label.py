from dataclasses import replace

import numpy as np

from bench.scoring.decodability.controls.random_label import leaks, random_label
from bench.scoring.decodability.crossfit import SplitCoordinates, read_split
from bench.scoring.decodability.estimates import Design, by_patient, combine
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.probes.trees import Trees
from bench.scoring.suites import V2
from bench.statistics.auroc import decide_all, pairs
from tests.scoring.decodability.samples import planted, sample


def test_a_random_label_is_not_read_whatever_the_features_hold() -> None:
    found, splits, design = sample(*planted(3.0, patients=200, images=3, groups=3))
    estimate = random_label(found, splits, replace(V2, probes=(Ridge, Trees)), design, 0)
    assert not leaks(estimate, V2)
    assert abs(estimate.value - 0.5) < 3 * estimate.standard_error


def test_a_label_that_is_read_all_the_same_is_a_leak() -> None:
    """The features name the patient, and the same patients fit and are tested under other codes."""
    rng = np.random.default_rng(0)
    owners = np.repeat(np.arange(100), 8)
    features = 5 * rng.normal(size=(100, 12))[owners] + 0.1 * rng.normal(size=(800, 12))
    groups = rng.integers(0, 2, 100)[owners]
    found, splits, design = sample(features, groups, np.arange(800))
    relabelled = found.relabelled(rng.integers(0, 2, 100)[owners], found.names)
    read = read_split(SplitCoordinates(relabelled, splits[0], V2.systems, 0), [Trees])
    value, influence = decide_all(pairs(read.strongest().log_posteriors, relabelled.groups[read.rows]))
    alone = Design(design.groups, splits[:1])
    estimate = combine([(value, by_patient(found, read.rows, influence))], alone)
    assert value > 0.9
    assert leaks(estimate, V2)
