"""Distorted images: filters that race might not survive and the diagnosis might."""

import zlib
from typing import Any

import albumentations as A
import numpy as np
import torch
from torch import Tensor

from bench.method import Method, tunable


class FrequencyFilter(A.ImageOnlyTransform):
    """Keeps the frequencies whose radius, in cycles per image, lies in [low, high); the mean intensity stays."""

    def __init__(self, low: float, high: float, invert: bool = False) -> None:
        super().__init__(p=1.0)
        self.low, self.high, self.invert = low, high, invert

    def apply(self, img: np.ndarray, **params: Any) -> np.ndarray:
        """Filter each channel of an image ``(H, W, C) uint8``."""
        rows, columns = (np.fft.fftfreq(n) * n for n in img.shape[:2])
        radius = np.hypot(rows[:, None], columns[None, :])
        keep = ((radius >= self.low) & (radius < self.high)) != self.invert
        keep[0, 0] = True
        filtered = np.fft.ifft2(np.fft.fft2(img, axes=(0, 1)) * keep[..., None], axes=(0, 1)).real
        # Without its low frequencies an image varies about its mean, which may lie near black: move it to mid-grey.
        if not keep[0, 1]:
            filtered += 127.5 - filtered.mean(axis=(0, 1))
        return np.clip(np.rint(filtered), 0, 255).astype(np.uint8)


def pipeline(name: str, strength: float, size: int) -> A.Compose:
    """The albumentations pipeline of this name for images of ``size`` px; ``strength`` 0 … 1 from mild to severe.

    Cut-offs are radii in cycles per image as a share of the corner's, ``R = size / √2``: low-pass keeps below
    R (1 - s)², high-pass above R s², notch drops R/4 ± s R/4. Blur has σ = 4 s px at 64 px, noise σ = 0.25 s of the
    range, downscaling goes to 1 - 0.9 s of the size, CLAHE clips at 1 + 9 s, patch drop blackens a share s of a grid.
    """
    corner = size / 2**0.5
    transform: A.BasicTransform
    if name == "low_pass":
        transform = FrequencyFilter(0.0, corner * (1 - strength) ** 2)
    elif name == "high_pass":
        transform = FrequencyFilter(corner * strength**2, float("inf"))
    elif name == "notch":
        transform = FrequencyFilter(corner * (1 - strength) / 4, corner * (1 + strength) / 4, invert=True)
    elif name == "blur":
        sigma = 4.0 * strength * size / 64
        transform = A.GaussianBlur(sigma_limit=(sigma, sigma), blur_limit=0, p=1.0)
    elif name == "noise":
        transform = A.GaussNoise(std_range=(0.25 * strength, 0.25 * strength), p=1.0)
    elif name == "downscale":
        transform = A.Downscale(scale_range=(1 - 0.9 * strength, 1 - 0.9 * strength), p=1.0)
    elif name == "clahe":
        transform = A.CLAHE(clip_limit=(1 + 9 * strength, 1 + 9 * strength), p=1.0)
    else:
        transform = A.GridDropout(ratio=strength, random_offset=True, p=1.0)
    return A.Compose([transform])


NAMES = ("low_pass", "high_pass", "notch", "blur", "noise", "downscale", "clahe", "patch_drop")


class Distortion(Method):
    """Trains on distorted images, and by default diagnoses from equally distorted ones.

    With ``at_test`` the distortion is a part of the network; what is random in it is seeded by the image itself, so
    that an image has one diagnosis.
    """

    family = "pre-processing"
    year = 2022
    source = "Gichoya et al., Lancet Digital Health 2022 (its experiments C1-C4), as a mitigation"
    deviations = (
        "There the distortions are experiments on what race is read from; here a network is trained to diagnose from "
        "distorted images."
    )

    pipeline: str = tunable("low_pass", choices=NAMES, help="which distortion")
    strength: float = tunable(0.5, low=0.05, high=0.95, help="from mild to severe")
    at_test: bool = tunable(True, help="distort at test time too")

    def build(self) -> None:
        """Make the pipeline."""
        self._pipeline = pipeline(self.pipeline, self.strength, self.spec.image_size)

    def augment(self) -> A.Compose | None:
        """The pipeline, where only training images are distorted."""
        return None if self.at_test else self._pipeline

    def distort(self, images: Tensor) -> Tensor:
        """The pipeline, where it is a part of the network."""
        if not self.at_test:
            return images
        return torch.stack([self._one(image) for image in images.cpu()]).to(images.device)

    def _one(self, image: Tensor) -> Tensor:
        pixels = np.ascontiguousarray(image.numpy().transpose(1, 2, 0))
        # At test the image alone decides what is drawn; in training every epoch draws anew.
        epoch = self.current_epoch + 1 if self.training else 0
        self._pipeline.set_random_seed(zlib.crc32(pixels.tobytes(), epoch))
        return torch.from_numpy(np.ascontiguousarray(self._pipeline(image=pixels)["image"].transpose(2, 0, 1)))
