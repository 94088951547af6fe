"""Distortions that leave an image's shape alone and, at test, depend on the image alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.distortion import NAMES, Distortion, FrequencyFilter, pipeline

from tests.methods.samples import batch, make


def image() -> np.ndarray:
    return np.random.default_rng(0).integers(60, 200, (64, 64, 1), dtype=np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_every_pipeline_changes_the_image_and_keeps_its_shape(name: str) -> None:
    changed = pipeline(name, 0.5, 64)(image=image())["image"]
    assert changed.shape == (64, 64, 1)
    assert changed.dtype == np.uint8
    assert (changed != image()).mean() > 0.1


def test_low_and_high_pass_are_complements() -> None:
    smooth = 100 + 30 * np.sin(np.arange(64) * 2 * np.pi * 3 / 64)[None, :, None] * np.ones((64, 1, 1))
    fine = 30 * np.sin(np.arange(64) * 2 * np.pi * 20 / 64)[:, None, None] * np.ones((1, 64, 1))
    image = np.rint(smooth + fine).astype(np.uint8)
    low = FrequencyFilter(0, 10)(image=image)["image"].astype(float)
    high = FrequencyFilter(10, np.inf)(image=image)["image"].astype(float)
    assert np.abs(low - smooth).max() < 1.5
    assert np.abs(high - 127.5 - fine).max() < 1.5


def test_at_test_the_image_alone_decides() -> None:
    method = make(Distortion, {"pipeline": "noise"}).eval()
    images = batch(6).images
    together = method.distort(images)
    assert torch.equal(together, torch.cat([method.distort(images[i : i + 1]) for i in range(6)]))
    assert torch.equal(together.flip(0), method.distort(images.flip(0)))
    assert not torch.equal(together, images)


def test_training_only_leaves_test_images_alone() -> None:
    method, images = make(Distortion, {"at_test": False}), batch(3).images
    assert torch.equal(method.distort(images), images)
    assert method.augment() is not None
    assert make(Distortion).augment() is None
