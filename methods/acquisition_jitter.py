"""Training images whose window and field of view vary, as from machine to machine."""

from typing import Any

import albumentations as A
import cv2
import numpy as np

from bench.method import Method, tunable


class Jitter(A.ImageOnlyTransform):
    """Another window, another field of view, each on a share ``often`` of the images.

    A window spreads values about mid-grey by a factor between 1 / ``window`` and ``window``, and shifts them by up to
    (``window`` - 1) / 2 of the range. A field of view is a square of at least a share ``crop`` of the side, anywhere.
    Both are drawn here, not in two transforms: two transforms that are seeded alike are not independent.
    """

    def __init__(self, window: float, crop: float, often: float) -> None:
        super().__init__(p=1.0)
        self.window, self.crop, self.often = window, crop, often

    def get_params(self) -> dict[str, Any]:
        """What is drawn for an image: factor, shift in grey values, side, and the corner as shares of what is left."""
        draw = self.py_random.uniform
        windowed, cropped = draw(0, 1) < self.often, draw(0, 1) < self.often
        return {
            "factor": self.window ** draw(-1, 1) if windowed else 1.0,
            "shift": 255 * (self.window - 1) / 2 * draw(-1, 1) if windowed else 0.0,
            "side": draw(self.crop, 1) if cropped else 1.0,
            "corner": (draw(0, 1), draw(0, 1)),
        }

    def apply(
        self, img: np.ndarray, factor: float, shift: float, side: float, corner: tuple[float, float], **params: Any
    ) -> np.ndarray:
        """The image ``(H, W, C) uint8`` so seen; what lies outside the window is black or white."""
        height, width = img.shape[:2]
        rows, columns = (max(1, round(side * size)) for size in (height, width))
        top, left = round(corner[0] * (height - rows)), round(corner[1] * (width - columns))
        seen = cv2.resize(img[top : top + rows, left : left + columns], (width, height), interpolation=cv2.INTER_LINEAR)
        windowed = (seen.reshape(img.shape).astype(np.float32) - 127.5) * factor + 127.5 + shift
        pixels: np.ndarray = np.clip(np.rint(windowed), 0, 255).astype(np.uint8)
        return pixels


class AcquisitionJitter(Method):
    """Trains on images windowed and cropped at random, since both may tell race (Lotter, 2024).

    It changes training images alone and knows no race.
    """

    family = "pre-processing"
    year = 2024
    source = "Lotter, Nature Communications 2024: acquisition parameters and AI race predictions, as a mitigation"
    deviations = "The paper shows what race hangs on; jitter is what follows from it, with ranges of ours."

    window: float = tunable(1.25, low=1.05, high=2.0, log=True, help="largest factor of contrast, and its inverse")
    crop: float = tunable(0.8, low=0.5, high=0.95, help="smallest side of the field of view, as a share")
    probability: float = tunable(0.5, low=0.1, high=1.0, help="share of images that are windowed, and cropped")

    def augment(self) -> A.Compose:
        """Window and field of view."""
        return A.Compose([Jitter(self.window, self.crop, self.probability)])
