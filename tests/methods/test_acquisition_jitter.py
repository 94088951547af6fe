"""Windows and fields of view that vary, in training alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.acquisition_jitter import AcquisitionJitter, Jitter

from tests.methods.samples import batch, make

WHOLE = {"side": 1.0, "corner": (0.0, 0.0)}


def test_a_window_is_affine_and_cut_off_at_black_and_white() -> None:
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    found = Jitter(2.0, 0.5, 1.0).apply(image, factor=1.5, shift=10.0, **WHOLE)
    wanted = np.clip(np.rint((image.astype(float) - 127.5) * 1.5 + 127.5 + 10), 0, 255)
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == np.uint8


def test_a_field_of_view_is_that_square_brought_back_to_size() -> None:
    """Quarters of four shades: each corner's half of the side shows its own shade alone."""
    image = np.kron(np.array([[10, 60], [110, 160]], dtype=np.uint8), np.ones((8, 8), dtype=np.uint8))[..., None]
    for corner, shade in (((0, 0), 10), ((0, 1), 60), ((1, 0), 110), ((1, 1), 160)):
        found = Jitter(2.0, 0.5, 1.0).apply(image, factor=1.0, shift=0.0, side=0.5, corner=corner)
        assert found.shape == image.shape
        assert np.unique(found).tolist() == [shade]


def test_what_is_drawn_lies_where_it_is_said_and_window_and_field_are_independent() -> None:
    drawn = []
    for seed in range(1000):
        jitter = Jitter(1.5, 0.6, 0.5)
        jitter.set_random_seed(seed)
        drawn.append(jitter.get_params())
    factors, shifts, sides = (np.array([one[name] for one in drawn]) for name in ("factor", "shift", "side"))
    assert 1 / 1.5 <= factors.min() < 0.7 < 1.4 < factors.max() <= 1.5
    assert 55 < np.abs(shifts).max() <= 255 * 0.25
    assert 0.6 <= sides.min() < 0.65 < 0.95 < sides[sides < 1].max()
    windowed, cropped = factors != 1, sides != 1
    for share in (windowed.mean(), cropped.mean(), windowed[cropped].mean(), cropped[~windowed].mean()):
        assert share == pytest.approx(0.5, abs=0.08)
    assert abs(np.corrcoef(factors[windowed & cropped], sides[windowed & cropped])[0, 1]) < 0.2


def test_the_same_seed_changes_an_image_alike() -> None:
    image, twice = batch(2).images[0].numpy().transpose(1, 2, 0), []
    for _ in range(2):
        transform = make(AcquisitionJitter, {"probability": 1.0}).augment()
        transform.set_random_seed(3)
        twice.append(transform(image=image)["image"])
    assert np.array_equal(*twice)
    assert not np.array_equal(twice[0], image)


def test_images_at_test_are_left_alone() -> None:
    images = batch(3).images
    assert torch.equal(make(AcquisitionJitter).distort(images), images)
