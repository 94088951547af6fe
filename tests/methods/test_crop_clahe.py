"""A fixed crop and an even contrast, the same at test as in training."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from bench.builtin.methods.crop_clahe import CropClahe

from tests.methods.samples import batch, make


def test_the_margin_is_cut_off_on_every_side() -> None:
    """A bright frame of a tenth of the side, rounded, is gone."""
    images = torch.full((2, 1, 16, 16), 50, dtype=torch.uint8)
    images[:, :, :2], images[:, :, -2:], images[..., :2], images[..., -2:] = 255, 255, 255, 255
    method = make(CropClahe, {"margin": 0.125, "equalise": False})
    assert method.distort(images).unique().tolist() == [50]
    assert make(CropClahe, {"margin": 0.05, "equalise": False}).distort(images).max() == 255


def test_the_contrast_is_opencvs_clahe() -> None:
    images = batch(3).images // 4 + 60
    found = make(CropClahe, {"margin": 0.0, "clip": 4.0}).distort(images)
    clahe = cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8))
    for image, changed in zip(images, found, strict=True):
        np.testing.assert_array_equal(changed[0].numpy(), clahe.apply(image[0].numpy()))


def test_a_brighter_window_of_the_same_image_comes_out_nearly_the_same() -> None:
    dark = batch(3).images // 4
    bright = dark + 150
    method = make(CropClahe, {"margin": 0.0, "clip": 10.0})
    before = (bright.float() - dark.float()).abs().mean()
    assert (method.distort(bright).float() - method.distort(dark).float()).abs().mean() < 0.2 * before


def test_it_is_a_part_of_the_network_and_nothing_in_it_is_random() -> None:
    method, images = make(CropClahe), batch(4).images
    assert method.augment() is None
    assert torch.equal(method.distort(images), method.distort(images))
    torch.testing.assert_close(method.features(images), method.encode(method.normalise(method.distort(images))))
