"""Acquisition: Beer-Lambert's law, and machines that differ as they say."""

from dataclasses import replace

import numpy as np
import pytest
from bench.builtin.tasks.cxr._phantom_scanner import SCANNERS, Scanner, acquire

IDEAL = Scanner(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, False)
STEP = np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[None], 64, axis=0)
NOTHING = np.zeros((64, 64), np.float32)


def image(scanner: Scanner, soft: np.ndarray = STEP, bone: np.ndarray = NOTHING) -> np.ndarray:
    return acquire(soft, bone, scanner, np.random.default_rng(0)).astype(float)


def test_more_thickness_is_brighter_and_bone_counts_by_its_attenuation() -> None:
    assert (np.diff(image(IDEAL), axis=1) >= 0).all()
    np.testing.assert_array_equal(
        image(replace(IDEAL, bone=0.8), soft=0 * STEP, bone=STEP), image(IDEAL, soft=np.float32(0.8) * STEP)
    )


def test_noise_grows_where_few_photons_arrive() -> None:
    """The variance of the logarithm of a count goes with one over the count."""
    noisy = replace(IDEAL, noise=0.02, width=20.0)
    thin, thick = (image(noisy, soft=np.full((64, 64), t, np.float32)).std() for t in (0.0, 0.8))
    assert thick > 2 * thin


def test_scatter_flattens_and_a_wide_window_does_too() -> None:
    def contrast(scanner: Scanner) -> float:
        return float(np.ptp(image(scanner)[32]))

    assert contrast(replace(IDEAL, scatter=0.2)) < 0.97 * contrast(IDEAL)
    assert contrast(replace(IDEAL, width=1.5)) < 0.95 * contrast(IDEAL)


def test_blur_softens_an_edge_and_keeps_the_flat() -> None:
    edge = np.where(np.arange(64) < 32, 0.2, 0.6).astype(np.float32)[None].repeat(64, axis=0)
    sharp, soft = (image(replace(IDEAL, blur=blur), soft=edge)[32] for blur in (0.0, 0.06))
    assert np.abs(np.diff(sharp)).max() > 3 * np.abs(np.diff(soft)).max()
    assert soft[2] == pytest.approx(sharp[2], abs=1)
    assert soft[-3] == pytest.approx(sharp[-3], abs=1)


def test_collimation_and_the_marker_lie_at_the_edge() -> None:
    framed = image(replace(IDEAL, collimation=0.1))
    assert framed[0].max() < 10
    assert framed[:, -1].max() < 10
    marked = image(replace(IDEAL, marker=True), soft=NOTHING) - image(IDEAL, soft=NOTHING)
    rows, columns = np.nonzero(marked)
    assert len(rows) > 0
    assert rows.max() < 16
    assert columns.min() > 48


def test_every_site_has_its_own_machines() -> None:
    assert len(set(SCANNERS.values())) == len(SCANNERS) == 4
