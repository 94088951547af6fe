"""Training images whose window and field of view vary, as from machine to machine."""

from typing import Any

import albumentations as A
import numpy as np

from bench.method import Method, tunable


class Window(A.ImageOnlyTransform):
    """Another window: values spread about mid-grey by a factor up to ``most`` or its inverse, and shifted.

    The shift is up to (``most`` - 1) / 2 of the range, up or down.
    """

    def __init__(self, most: float, p: float) -> None:
        super().__init__(p=p)
        self.most = most

    def get_params(self) -> dict[str, Any]:
        """Draw the factor, uniform in its logarithm, and the shift in grey values."""
        factor = self.most ** self.py_random.uniform(-1.0, 1.0)
        return {"factor": factor, "shift": 255.0 * (self.most - 1) / 2 * self.py_random.uniform(-1.0, 1.0)}

    def apply(self, img: np.ndarray, factor: float, shift: float, **params: Any) -> np.ndarray:
        """The image ``(H, W, C) uint8`` through the window; what lies outside is black or white."""
        windowed = (img.astype(np.float32) - 127.5) * factor + 127.5 + shift
        pixels: np.ndarray = np.clip(np.rint(windowed), 0, 255).astype(np.uint8)
        return pixels


class AcquisitionJitter(Method):
    """Trains on images windowed and cropped at random, since both may tell race (Lotter, 2024).

    It changes training images alone and knows no race. Window and crop are each applied to a share ``probability`` of
    images.
    """

    family = "pre-processing"
    year = 2024
    source = "Lotter, Nature Communications 2024: acquisition parameters and AI race predictions, as a mitigation"
    deviations = "The paper shows what race hangs on; jitter is what follows from it, with ranges of ours."

    window: float = tunable(1.25, low=1.05, high=2.0, log=True, help="largest factor of contrast, and its inverse")
    crop: float = tunable(0.8, low=0.5, high=0.95, help="smallest side of the field of view, as a share")
    probability: float = tunable(0.5, low=0.1, high=1.0, help="share of images that are windowed, and cropped")

    def augment(self) -> A.Compose:
        """Window, then a square crop at random, brought back to size."""
        size = self.spec.image_size
        crop = A.RandomResizedCrop((size, size), scale=(self.crop**2, 1.0), ratio=(1.0, 1.0), p=self.probability)
        return A.Compose([Window(self.window, self.probability), crop])
