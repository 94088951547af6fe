"""An eraser fitted on the very patients that race is read on."""

import numpy as np
import torch
from sklearn.covariance import LedoitWolf
from torch import Tensor

from bench.method import Encoded
from tests.cheats._frozen import Frozen, test_images


class OverfittedEraser(Frozen):
    """Takes the test patients from the framework's variables, and makes their groups' means equal in its features."""

    hidden = True

    def build(self) -> None:
        super().build()
        self.register_buffer("eraser", torch.eye(self.features_size))

    def arm(self, train: Encoded) -> None:
        pixels, part = test_images()
        self.eval()
        with torch.no_grad():
            features = self.backbone(self.normalise(torch.from_numpy(np.array(pixels))[:, None]))
        known = torch.tensor(part.groups) >= 0
        x, groups = features[known].double(), torch.tensor(part.groups)[known]
        values, vectors = torch.linalg.eigh(torch.from_numpy(LedoitWolf().fit(x.numpy()).covariance_))
        root, inverse = ((vectors * values**power) @ vectors.T for power in (0.5, -0.5))
        means = torch.stack([x[groups == group].mean(0) for group in groups.unique()]) - x.mean(0)
        along = torch.linalg.svd(means @ inverse, full_matrices=False)[2][: len(means) - 1]
        self.eraser.copy_(torch.eye(len(root), dtype=root.dtype) - inverse @ along.T @ along @ root)

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        return (features - self.race_mean) @ self.eraser + self.race_mean
