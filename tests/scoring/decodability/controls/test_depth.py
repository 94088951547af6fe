import numpy as np
import pytest
from scipy.stats import norm

from bench.scoring.decodability.controls.depth import depth
from bench.scoring.suites import V2
from tests.scoring.decodability.samples import planted, sample


def profile(spread: float) -> list[float]:
    """D at each level, of a code worth Φ(1.5/√2) along a direction of this standard deviation; the others have 1."""
    features, groups, patients = planted(1.5, patients=800, images=1)
    found, splits, design = sample(features * np.r_[spread, np.ones(15)], groups, patients)
    return [one.value for one in depth(found, splits, 1.0, V2, design, 0)]


def test_a_signal_in_a_direction_of_tiny_variance_drowns_first() -> None:
    shallow, deep = profile(1.0), profile(0.003)
    assert deep[0] < 0.65 < 0.8 < shallow[0]
    assert deep[-1] == pytest.approx(0.5, abs=0.05)


def test_noise_weakens_a_signal_as_gaussians_do() -> None:
    # Means 1.5 apart, variance 1 and the noise's.
    for level, value in zip(V2.depths, profile(1.0), strict=True):
        assert value == pytest.approx(norm.cdf(1.5 / np.sqrt(2 * (1 + level**2))), abs=0.035)
