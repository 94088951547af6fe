"""Images without their borders and with their contrast made even."""

import albumentations as A
import numpy as np
import torch
from torch import Tensor

from bench.method import Method, tunable


class CropClahe(Method):
    """Cuts a margin off every image and equalises its contrast tile by tile (CLAHE), in training and at test.

    Sutariya & Petersen (2026) cut to a box around the lungs, found by segmentation; here the box is the same for all,
    so that it needs no mask and its size cannot tell a patient's build. It knows no race.
    """

    family = "pre-processing"
    year = 2026
    source = "Sutariya & Petersen, 2026 (arXiv:2603.05157)"
    deviations = "A fixed central box in place of the lungs' own; written from the abstract."

    margin: float = tunable(0.1, low=0.0, high=0.3, help="what is cut off on each side, as a share of the side")
    equalise: bool = tunable(True, help="equalise the contrast")
    clip: float = tunable(2.0, low=1.0, high=10.0, log=True, help="CLAHE's clip limit: how far contrast may be raised")

    def build(self) -> None:
        """The pipeline, in which nothing is random."""
        size = self.spec.image_size
        kept = max(1, size - 2 * round(self.margin * size))
        steps = [A.CenterCrop(kept, kept), A.Resize(size, size)]
        if self.equalise:
            steps.append(A.CLAHE(clip_limit=(self.clip, self.clip), tile_grid_size=(8, 8), p=1.0))
        self._pipeline = A.Compose(steps)

    def distort(self, images: Tensor) -> Tensor:
        """Every image ``(C, H, W) uint8`` through the pipeline."""
        return torch.stack([self._one(image) for image in images.cpu()]).to(images.device)

    def _one(self, image: Tensor) -> Tensor:
        pixels = np.ascontiguousarray(image.numpy().transpose(1, 2, 0))
        changed = self._pipeline(image=pixels)["image"]
        return torch.from_numpy(np.ascontiguousarray(changed.transpose(2, 0, 1)))
