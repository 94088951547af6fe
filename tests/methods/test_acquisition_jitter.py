"""Windows and fields of view that vary, in training alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.acquisition_jitter import AcquisitionJitter, Window

from tests.methods.samples import batch, make


def test_a_window_is_affine_and_cut_off_at_black_and_white() -> None:
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    found = Window(2.0, 1.0).apply(image, factor=1.5, shift=10.0)
    wanted = np.clip(np.rint((image.astype(float) - 127.5) * 1.5 + 127.5 + 10), 0, 255)
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == np.uint8


def test_factors_lie_between_most_and_its_inverse_and_shifts_within_half_of_what_exceeds_1() -> None:
    window = Window(1.5, 1.0)
    window.set_random_seed(0)
    drawn = [window.get_params() for _ in range(500)]
    factors, shifts = (np.array([one[name] for one in drawn]) for name in ("factor", "shift"))
    assert 1 / 1.5 <= factors.min() < 0.7 < 1.4 < factors.max() <= 1.5
    assert np.log(factors).mean() == pytest.approx(0.0, abs=0.05)
    assert 55 < np.abs(shifts).max() <= 255 * 0.25


def test_images_are_changed_about_as_often_as_asked_and_the_same_seed_changes_them_alike() -> None:
    image = batch(2).images[0].numpy().transpose(1, 2, 0)
    changed = []
    for seed in range(200):
        transform = make(AcquisitionJitter, {"probability": 0.5}).augment()
        twice = []
        for _ in range(2):
            transform.set_random_seed(seed)
            twice.append(transform(image=image)["image"])
        assert np.array_equal(*twice)
        changed.append(not np.array_equal(twice[0], image))
    assert 0.65 < np.mean(changed) < 0.85  # neither window nor crop: a quarter


def test_images_at_test_are_left_alone() -> None:
    images = batch(3).images
    assert torch.equal(make(AcquisitionJitter).distort(images), images)
