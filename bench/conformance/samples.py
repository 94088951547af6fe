"""A cohort, an encoder and batches so small that a method is tried on them in seconds."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from bench.method import Batch, Method
from bench.task import Cohort, TaskSpec
from bench.training.batches import CohortImages

#: Two targets and three groups, at 16 px.
SPEC = TaskSpec("conformance", ("effusion", "opacity"), "race", ("Asian", "Black", "White"), 16)
_ATTRIBUTES = {"race": SPEC.groups, "sex": ("female", "male")}
#: Patients of one image each, by split; val is halved.
_TRAIN, _VAL = 256, 96
BATCH_SIZE = 32
_SIZE = SPEC.image_size


class TinyEncoder(nn.Module):
    """A convolution with batch norm, pooled to 4 × 4, and a linear layer to 12 features."""

    out_features = 12
    block_names = ("norm",)

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, 6, 3, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(6)
        self.linear = nn.Linear(6 * 16, self.out_features)

    def forward(self, images: Tensor) -> Tensor:
        """Features ``(B, 12)``."""
        maps = torch.relu(self.norm(self.convolution(images)))
        features: Tensor = self.linear(nn.functional.adaptive_avg_pool2d(maps, 4).flatten(1))
        return features


@functools.cache
def cohort() -> tuple[Cohort, np.ndarray, np.ndarray]:
    """A cohort with its pixels ``(N, 16, 16) uint8``, and the twins of its training images, a group after the other.

    Each target and each group brightens a place of its own; some labels, races, sexes and ages are unknown.
    """
    rng, n = np.random.default_rng(20), _TRAIN + _VAL
    groups, sexes = rng.integers(0, 3, n), rng.integers(0, 2, n)
    targets = (rng.random((n, 2)) < 0.35 + 0.1 * (groups == 1)[:, None]).astype(np.float32)
    noise = rng.normal(90, 25, (n, _SIZE, _SIZE))
    for t in range(2):
        noise[:, 2 + 6 * t : 6 + 6 * t, 2:6] += 60 * targets[:, t, None, None]
    shown = np.stack([_with_group(noise, np.full(n, g)) for g in range(3)])
    pixels = shown[groups, np.arange(n)]
    table = pd.DataFrame(
        {
            "image": [f"{i:04d}" for i in range(n)],
            "patient": [f"p{i:04d}" for i in range(n)],
            "split": ["train"] * _TRAIN + ["val"] * _VAL,
            "race": [SPEC.groups[g] for g in groups],
            "sex": [_ATTRIBUTES["sex"][s] for s in sexes],
            "age": rng.uniform(20, 90, n).round(),
            **{name: targets[:, t] for t, name in enumerate(SPEC.targets)},
        }
    )
    for column, share in (("race", 0.05), ("sex", 0.05), ("age", 0.05), ("effusion", 0.1)):
        table.loc[rng.random(n) < share, column] = np.nan if column in ("age", "effusion") else None
    made = Cohort(table, SPEC, "conformance", True, _ATTRIBUTES)
    return made, pixels, shown[:, :_TRAIN].reshape(-1, _SIZE, _SIZE)


def _with_group(images: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The images with the place brightened that shows the group."""
    changed = images.copy()
    for group in range(3):
        changed[groups == group, 4 * group + 2 : 4 * group + 5, 9:13] += 50
    shown: np.ndarray = np.clip(changed, 0, 255).astype(np.uint8)
    return shown


def shuffled(made: Cohort, columns: list[str], seed: int = 5) -> Cohort:
    """The cohort with these columns dealt out to other patients of the same split."""
    table, rng = made.table.copy(), np.random.default_rng(seed)
    for column in columns:
        values = table[column].to_numpy(copy=True)
        for split in ("train", "val"):
            rows = np.flatnonzero(table["split"] == split)
            values[rows] = values[rng.permutation(rows)]
        table[column] = values
    return replace(made, table=table)


def with_table(made: Cohort, table: pd.DataFrame) -> Cohort:
    """The cohort with another table of the same images."""
    return replace(made, table=table)


def batch(method: type[Method], positions: np.ndarray) -> Batch:
    """Training images of the cohort as training shows them to the method, without augmentation."""
    made, pixels, twins = cohort()
    images = CohortImages(
        made.part("train"),
        pixels,
        hide_groups=method.uses_race == "never",
        attributes=method.uses_attributes,
        twins=twins if method.needs_twins else None,
    )
    return images[(0, positions)]
